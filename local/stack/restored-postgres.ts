/** A throw-away server on restored files, to look at what is in them. */

import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { AppError } from '../../runtime/errors.ts';
import { pickPort } from './ports.ts';
import { majorVersion, postgresHome, postgresProgram } from './postgres-binaries.ts';
import { postgresUser, removeMovedPlace } from './postgres-user.ts';
import { pidFileName, startProcess } from './process.ts';

export interface RestoredServer {
  readonly port: number;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

const IDLE_MS = 60_000;

/**
 * @param dir An empty folder that it may use, and that is removed at its end.
 * @param fill Puts the files of a data folder into the folder it is given.
 * @param login With which to ask whether it answers: anybody may log in without a password, from this machine.
 * @throws AppError STACK_NO_POSTGRES where the files are of another major version than npm's PostgreSQL; what `fill` throws.
 */
export async function startRestored(
  dir: string,
  fill: (data: string) => Promise<unknown>,
  login: { readonly user: string; readonly database: string },
): Promise<RestoredServer> {
  const home = postgresHome();
  const runAs = await postgresUser(home, dir);
  const data = join(runAs.place, 'data');
  const clean = (): void => {
    removeMovedPlace(dir);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await fill(data);
    const version = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
    if (version !== majorVersion(home))
      throw new AppError(
        'STACK_NO_POSTGRES',
        `The backup is of PostgreSQL ${version}, npm's is ${majorVersion(home)}: restore it and look at it with a server of that version.`,
      );
    writeFileSync(join(data, 'pg_hba.conf'), 'host all all 127.0.0.1/32 trust\n', { mode: 0o600 });
    if (runAs.uid !== undefined) await promisify(execFile)('chown', ['-R', `${runAs.uid}:${runAs.gid}`, data]);
    const port = await pickPort({ name: 'PostgreSQL (restored)' });
    const settings = {
      listen_addresses: '127.0.0.1',
      port,
      unix_socket_directories: '',
      archive_mode: 'off',
      fsync: 'off',
      // Answers once it has recovered all, whatever the sizes of the server were.
      hot_standby: 'off',
      hba_file: join(data, 'pg_hba.conf'),
    };
    const server = startProcess({
      name: 'PostgreSQL (restored)',
      ...runAs.wrap(postgresProgram(runAs.home, 'postgres'), [
        '-D',
        data,
        ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
      ]),
      cwd: runAs.place,
      ...(runAs.uid === undefined ? {} : { uid: runAs.uid }),
      ...(runAs.gid === undefined ? {} : { gid: runAs.gid }),
      logFile: join(dir, 'postgres.log'),
      pidFile: join(dir, pidFileName),
      stopSignal: 'SIGINT',
    });
    const stop = async (): Promise<void> => {
      await server.stop();
      clean();
    };
    await server
      .waitUntilReady(() => answers(port, login), { idleMs: IDLE_MS })
      .catch(async (error: unknown) => {
        await server.stop();
        throw error;
      });
    return { port, stop };
  } catch (error) {
    clean();
    throw error;
  }
}

async function answers(port: number, login: { readonly user: string; readonly database: string }): Promise<boolean> {
  const client = new pg.Client({ host: '127.0.0.1', port, ...login, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } finally {
    await client.end().catch(() => undefined);
  }
}
