import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { StartedPart } from './part.ts';
import { startPostgres } from './postgres.ts';
import { removeMovedPlace } from './postgres-user.ts';

const path = process.env.PATH;
let root: string;
let dir: string;
let started: StartedPart[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'postgres test-'));
  dir = join(root, 'postgres');
  started = [];
});

afterEach(async () => {
  process.env.PATH = path;
  await Promise.all(started.map((part) => part.stop()));
  removeMovedPlace(dir);
  rmSync(root, { recursive: true, force: true });
});

async function start(): Promise<StartedPart> {
  const part = await startPostgres({ dir, ports: {}, durable: false });
  started.push(part);
  return part;
}

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** A machine on which user namespaces are forbidden: its unshare fails. */
function forbidNamespaces(): void {
  const bin = join(root, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'unshare'), '#!/bin/sh\nexit 1\n');
  chmodSync(join(bin, 'unshare'), 0o755);
  process.env.PATH = `${bin}${delimiter}${path ?? ''}`;
}

describe('the embedded PostgreSQL', () => {
  it('listens with a random password that only its owner can read', async () => {
    const { address } = await start();
    const { password, hostname } = new URL(address);
    expect(hostname).toBe('127.0.0.1');
    expect(password.length).toBeGreaterThanOrEqual(32);
    expect(statSync(join(dir, 'password')).mode & 0o777).toBe(0o600);
    await expect(query(address.replace(password, 'wrong'), 'select 1')).rejects.toThrow(
      /password authentication failed/,
    );
  });

  it('keeps its rows where namespaces are forbidden, and removes what it put elsewhere', async () => {
    forbidNamespaces();
    const first = await start();
    await query(first.address, 'create table kept as select 7 as slot');
    await first.stop();
    const second = await start();
    expect(await query(second.address, 'select slot from kept')).toEqual([{ slot: 7 }]);
    await second.stop();
    const pointer = join(dir, 'moved-to');
    const place = existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : undefined;
    // Only root has to move: everybody else runs it where it is.
    expect(place !== undefined).toBe(process.getuid?.() === 0);
    removeMovedPlace(dir);
    expect(existsSync(place ?? join(dir, 'nowhere'))).toBe(false);
  });

  it('starts although its lock file names a process that lives and is another program', async () => {
    const first = await start();
    await query(first.address, 'create table kept as select 7 as slot');
    process.kill(first.pid ?? 0, 'SIGKILL');
    await first.exited;
    const lockFile = join(dir, 'data', 'postmaster.pid');
    const [, ...rest] = readFileSync(lockFile, 'utf8').split('\n');
    writeFileSync(lockFile, [String(process.pid), ...rest].join('\n'));
    const second = await start();
    expect(await query(second.address, 'select slot from kept')).toEqual([{ slot: 7 }]);
  });

  it('refuses data of another major version and says what to do', async () => {
    await (await start()).stop();
    writeFileSync(join(dir, 'data', 'PG_VERSION'), '9\n');
    await expect(start()).rejects.toThrow(/was made by PostgreSQL 9.*--fresh/);
  });
});
