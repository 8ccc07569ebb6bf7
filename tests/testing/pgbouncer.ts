/** A real PgBouncer (Debian's) before the PostgreSQL of a test, in transaction pooling. */

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { librariesOf, provisionDebian } from '../../bootstrap/debian.mjs';
import { pickPort } from '../../local/stack/ports.ts';
import { postgresHome } from '../../local/stack/postgres-binaries.ts';
import { postgresUser, removeMovedPlace } from '../../local/stack/postgres-user.ts';
import { type ManagedProcess, startProcess } from '../../local/stack/process.ts';

/** Where Debian's package has the program. */
const PROGRAM = 'usr/sbin/pgbouncer';

/** Sessions of the server that all clients share. */
const SESSIONS = 3;

/** The folder of the unpacked package; where it cannot be had the reason is printed, and the test that asks proves nothing on this machine. */
export async function pgBouncerOrReason(): Promise<string | undefined> {
  try {
    return await provisionDebian({
      name: 'pgbouncer',
      title: "Debian's package of PgBouncer (0.3 MB)",
      check: [PROGRAM, '--version'],
    });
  } catch (error) {
    process.stderr.write(`NOT RUN: ${(error as Error).message}\n`);
    return undefined;
  }
}

export class PgBouncer {
  readonly #process: ManagedProcess;
  readonly #dir: string;
  /** As a role is given it. */
  readonly url: string;

  private constructor(process: ManagedProcess, dir: string, url: string) {
    this.#process = process;
    this.#dir = dir;
    this.url = url;
  }

  /** @param folder The unpacked package. */
  static async start(folder: string, databaseUrl: string): Promise<PgBouncer> {
    const dir = mkdtempSync(join(tmpdir(), 'ao-pgbouncer-'));
    // Like PostgreSQL it refuses to run as root.
    const runAs = await postgresUser(postgresHome(), dir);
    const home = join(runAs.place, 'pgbouncer');
    cpSync(folder, home, { recursive: true, verbatimSymlinks: true });
    const target = new URL(databaseUrl);
    const port = await pickPort({ name: 'PgBouncer' });
    const ini = join(runAs.place, 'pgbouncer.ini');
    const database = target.pathname.slice(1);
    const values = {
      listen_addr: '127.0.0.1',
      listen_port: port,
      unix_socket_dir: '',
      auth_type: 'any',
      pool_mode: 'transaction',
      default_pool_size: SESSIONS,
      max_client_conn: 200,
    };
    const server = `host=${target.hostname} port=${target.port} dbname=${database} user=${target.username} password=${decodeURIComponent(target.password)}`;
    const lines = Object.entries(values).map(([name, value]) => `${name} = ${value}`);
    writeFileSync(ini, `[databases]\n${database} = ${server}\n[pgbouncer]\n${lines.join('\n')}\n`);
    const process = startProcess({
      name: 'PgBouncer',
      ...runAs.wrap(join(home, PROGRAM), [ini]),
      cwd: runAs.place,
      env: librariesOf(home),
      ...(runAs.uid === undefined ? {} : { uid: runAs.uid }),
      ...(runAs.gid === undefined ? {} : { gid: runAs.gid }),
      logFile: join(dir, 'pgbouncer.log'),
      pidFile: join(dir, 'pgbouncer.pid'),
      stopSignal: 'SIGINT',
    });
    target.hostname = '127.0.0.1';
    target.port = String(port);
    const started = new PgBouncer(process, dir, target.toString());
    await process.waitUntilReady(() => started.#answers(), { idleMs: 120_000 });
    return started;
  }

  /** How many connections were ever made to it. */
  logins(): number {
    return readFileSync(join(this.#dir, 'pgbouncer.log'), 'utf8').match(/login attempt/g)?.length ?? 0;
  }

  async #answers(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.url });
    try {
      await client.connect();
      await client.query('select 1');
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    removeMovedPlace(this.#dir);
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
