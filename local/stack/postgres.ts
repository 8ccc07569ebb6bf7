import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { processIdentity } from '../../bootstrap/process-identity.mjs';
import { AppError, messageOf } from '../../runtime/errors.ts';
import type { EmbeddedPartOptions, StartedPart } from './part.ts';
import { pickPort } from './ports.ts';
import { databaseAnswers, databaseName, databaseUser, passwordOf } from './postgres-access.ts';
import { majorVersion, postgresHome, postgresProgram } from './postgres-binaries.ts';
import { type PostgresUser, postgresUser } from './postgres-user.ts';
import { endLeftover, pidFileName, startingStopMs, startProcess } from './process.ts';

const idleLimitMs = 60_000;

/** Makes the data folder the first time: in a folder beside it that is renamed when all is there. */
async function initialiseOnce(runAs: PostgresUser, password: string): Promise<void> {
  const data = join(runAs.place, 'data');
  const versionFile = join(data, 'PG_VERSION');
  if (existsSync(versionFile)) {
    const version = readFileSync(versionFile, 'utf8').trim();
    if (version === majorVersion(join(postgresHome()))) return;
    throw new AppError(
      'STACK_PART_FAILED',
      `${data} was made by PostgreSQL ${version}, this one is ${majorVersion(postgresHome())}: start with --fresh or another --data folder.`,
    );
  }
  const fresh = join(runAs.place, 'data.new');
  const passwordFile = join(runAs.place, 'password.new');
  rmSync(fresh, { recursive: true, force: true });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (runAs.uid !== undefined && runAs.gid !== undefined) chownSync(passwordFile, runAs.uid, runAs.gid);
  const options = [
    '-D',
    fresh,
    '-U',
    databaseUser,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
  ];
  const { command, args } = runAs.wrap(postgresProgram(runAs.home, 'initdb'), [
    ...options,
    '--no-sync',
    '--no-instructions',
  ]);
  try {
    await promisify(execFile)(command, args, { cwd: runAs.place, uid: runAs.uid, gid: runAs.gid, env: process.env });
  } catch (error) {
    throw new AppError('STACK_PART_FAILED', `PostgreSQL's data folder cannot be made: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  rmSync(data, { recursive: true, force: true });
  renameSync(fresh, data);
}

/**
 * Removes a lock file whose process id now belongs to some other program, at which PostgreSQL would stop. One whose process
 * is gone is left: PostgreSQL removes it itself, after a look for its own orphans.
 */
function removeForeignLock(data: string): void {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  if (!Number.isInteger(pid) || processIdentity(pid) === undefined) return;
  let commandLine: string;
  try {
    commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return;
  }
  if (!commandLine.includes('postgres')) rmSync(file, { force: true });
}

function serverSettings(port: number, durable: boolean): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: '64MB',
    max_wal_size: '512MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    logging_collector: 'off',
    fsync: durable ? 'on' : 'off',
    full_page_writes: durable ? 'on' : 'off',
  };
  return Object.entries(values).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
}

/**
 * Starts PostgreSQL from npm's platform package on 127.0.0.1, its data in the folder (or, where we are root and may not use
 * namespaces, in one that the folder points to). The address is a URL with the password in it.
 */
export async function startPostgres({ dir, ports, durable = true, signal }: EmbeddedPartOptions): Promise<StartedPart> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const pidFile = join(dir, pidFileName);
  await endLeftover(pidFile, 'SIGINT');
  const runAs = await postgresUser(postgresHome(), dir);
  const password = passwordOf(dir);
  await initialiseOnce(runAs, password);
  const data = join(runAs.place, 'data');
  removeForeignLock(data);

  const port = await pickPort({ name: 'PostgreSQL', ...ports });
  const program = postgresProgram(runAs.home, 'postgres');
  const postgres = startProcess({
    name: 'PostgreSQL',
    ...runAs.wrap(program, ['-D', data, ...serverSettings(port, durable)]),
    cwd: runAs.place,
    ...(runAs.uid === undefined ? {} : { uid: runAs.uid }),
    ...(runAs.gid === undefined ? {} : { gid: runAs.gid }),
    logFile: join(dir, 'postgres.log'),
    pidFile,
    // "Fast" shutdown: SIGTERM would wait for every client to leave.
    stopSignal: 'SIGINT',
  });
  const urlOf = (database: string): string => `postgresql://${databaseUser}:${password}@127.0.0.1:${port}/${database}`;
  try {
    await postgres.waitUntilReady(() => databaseAnswers(urlOf), { idleMs: idleLimitMs, signal });
  } catch (error) {
    await postgres.stop(startingStopMs);
    throw error;
  }
  return {
    address: urlOf(databaseName),
    pid: postgres.pid,
    exited: postgres.exited,
    stop: (withinMs) => postgres.stop(withinMs),
  };
}
