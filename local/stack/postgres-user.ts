import { execFile } from 'node:child_process';
import {
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { AppError, messageOf } from '../../runtime/errors.ts';
import { postgresProgram } from './postgres-binaries.ts';

const run = promisify(execFile);
const nobody = 65_534;
const locationPrefix = 'attention-oracle-postgres-';

/** As whom and where PostgreSQL runs; it refuses to run as root. */
export interface PostgresUser {
  readonly kind: 'direct' | 'namespace' | 'nobody';
  /** Folder with bin, lib and share, readable for that user. */
  readonly home: string;
  /** Folder for its data, writable for that user. */
  readonly place: string;
  readonly uid?: number;
  readonly gid?: number;
  /** The command line that runs a program as that user. */
  wrap(program: string, args: readonly string[]): { command: string; args: string[] };
}

/** A user namespace in which root appears as nobody: files stay root's, no other user is involved. */
function inNamespace(program: string, args: readonly string[]): { command: string; args: string[] } {
  const options = ['--user', `--map-user=${nobody}`, `--map-group=${nobody}`, '--'];
  return { command: 'unshare', args: [...options, program, ...args] };
}

async function namespaceWorks(home: string, place: string): Promise<boolean> {
  // In the namespace root has lost its power over other users' folders: what it needs is tried, not assumed.
  const script = 'test -w "$1" && test -x "$1" && "$2" --version';
  const { command, args } = inNamespace('/bin/sh', ['-c', script, 'sh', place, postgresProgram(home, 'postgres')]);
  return run(command, args, { env: process.env }).then(
    () => true,
    () => false,
  );
}

function nobodyIds(): { uid: number; gid: number } {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((text) => text.startsWith('nobody:'));
  const [, , uid, gid] = (line ?? '').split(':');
  return { uid: Number(uid ?? nobody), gid: Number(gid ?? nobody) };
}

function pointerFile(dir: string): string {
  return join(dir, 'moved-to');
}

/** The folder outside of dir that holds the data, if an earlier start made one. */
function movedPlace(dir: string): string | undefined {
  if (!existsSync(pointerFile(dir))) return undefined;
  const place = readFileSync(pointerFile(dir), 'utf8').trim();
  return basename(place).startsWith(locationPrefix) && existsSync(place) && lstatSync(place).isDirectory()
    ? place
    : undefined;
}

/** Removes the folder outside of dir, if there is one. */
export function removeMovedPlace(dir: string): void {
  const place = movedPlace(dir);
  if (place !== undefined) rmSync(place, { recursive: true, force: true });
}

/** A copy of the programs and a data folder where another user can get at them: nobody cannot enter a folder of mode 0700. */
async function asNobody(home: string, dir: string): Promise<PostgresUser> {
  const ids = nobodyIds();
  const base = existsSync('/var/tmp') ? '/var/tmp' : tmpdir();
  let place = movedPlace(dir);
  if (place === undefined) {
    place = mkdtempSync(join(base, locationPrefix));
    writeFileSync(pointerFile(dir), `${place}\n`);
  }
  const copy = join(place, 'native');
  if (!existsSync(join(copy, '.complete'))) {
    rmSync(copy, { recursive: true, force: true });
    cpSync(home, copy, { recursive: true, verbatimSymlinks: true });
    writeFileSync(join(copy, '.complete'), '');
  }
  chownSync(place, ids.uid, ids.gid);
  await run(postgresProgram(copy, 'postgres'), ['--version'], { ...ids, cwd: place }).catch((error: unknown) => {
    throw new AppError(
      'STACK_NO_POSTGRES',
      `PostgreSQL refuses to run as root, and neither a user namespace nor the user nobody can be used here (${messageOf(error).trim()}): ` +
        'run as an ordinary user, or give a running PostgreSQL by DATABASE_URL or --database-url.',
      { cause: error },
    );
  });
  return {
    kind: 'nobody',
    home: copy,
    place,
    ...ids,
    wrap: (program, args) => ({ command: program, args: [...args] }),
  };
}

/** Decides as whom PostgreSQL runs: as we are, or where we are root in a user namespace, or as nobody. */
export async function postgresUser(home: string, dir: string): Promise<PostgresUser> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (process.getuid?.() !== 0) {
    return { kind: 'direct', home, place: dir, wrap: (program, args) => ({ command: program, args: [...args] }) };
  }
  // Data that was once made as nobody is only readable for nobody.
  if (movedPlace(dir) === undefined && (await namespaceWorks(home, dir))) {
    return { kind: 'namespace', home, place: dir, wrap: inNamespace };
  }
  return asNobody(home, dir);
}
