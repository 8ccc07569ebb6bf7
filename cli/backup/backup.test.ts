/** Backups of a real server, tried out on another. */

import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { seedRoot } from '../../graphql/testing/seed.ts';
import type { StartedPart } from '../../local/stack/part.ts';
import { startPostgres } from '../../local/stack/postgres.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { createPool, type Pool } from '../../runtime/postgres/pool.ts';
import { takeBaseBackup } from './base-backup.ts';
import { type Backup, Catalogue } from './catalogue.ts';
import { compareFacts, readFacts } from './facts.ts';
import { unpack } from './unpack.ts';
import { verifyBackup } from './verify.ts';

const home = mkdtempSync(join(tmpdir(), 'ao-backup-test-'));
const catalogue = new Catalogue(join(home, 'backups'));
let server: StartedPart;
let pool: Pool;

const settings = () => ({ DATABASE_URL: server.address, DATABASE_SCHEMA: 'ao', DATABASE_POOL_SIZE: 2 });

async function take(id: string): Promise<Backup> {
  const before = await readFacts(pool);
  await takeBaseBackup(server.address, catalogue.begin(id), id);
  const record = { id, takenAt: '2026-01-01T00:00:00Z', serverVersion: '18', schema: 'ao' };
  return catalogue.finish({ ...record, before, after: await readFacts(pool) });
}

beforeAll(async () => {
  server = await startPostgres({ dir: join(home, 'server'), ports: {}, durable: false });
  pool = createPool(settings(), 'test', silentLogger());
  await migrate(pool, 'ao', silentLogger());
  await seedRoot(pool, { channel: 'lofi', epoch: 3, count: 300, settled: true });
  await seedRoot(pool, { channel: 'lacy', epoch: 3, count: 5, settled: false, oddNode: 'promote' });
});

afterAll(async () => {
  await pool.end();
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

it('restores into a fresh server with the rows and roots that were there, and nothing that came later', async () => {
  const backup = await take('first');
  await seedRoot(pool, { channel: 'later', epoch: 4, count: 1, settled: false });
  const verified = await verifyBackup(catalogue, backup, settings());
  expect(verified).toMatchObject({ roots: 2, trees: 2, counts: { claims: 305, roots: 2, settlement_log: 1 } });
  expect(verified.files).toBeGreaterThan(500);
  expect(catalogue.list()).toEqual([{ ...backup, verifiedAt: expect.any(String) }]);
});

it('is found out when the database held a tree that does not give its root', async () => {
  await pool.query(
    "update tree_nodes set nodes = overlay(nodes placing '\\x00' from 1) where level = 0 and root_id = 1 and chunk = 1",
  );
  const backup = await take('torn');
  await expect(verifyBackup(catalogue, backup, settings())).rejects.toMatchObject({
    code: 'BACKUP_DAMAGED',
    message: expect.stringMatching(/the leaves of lofi, epoch 3 give root [0-9a-f]{64}, not/),
  });
  expect(catalogue.find('torn').verifiedAt).toBeNull();
});

it('is found out when a byte of it has changed, by our digest and by the manifest of the server', async () => {
  const backup = catalogue.find('first');
  const folder = catalogue.folderOf(backup);
  const bytes = readFileSync(join(folder, 'base.tar'));
  // In the middle of a file of the cluster: the name of a table.
  const at = bytes.indexOf('settlement_alarms');
  expect(at).toBeGreaterThan(0);
  const tar = openSync(join(folder, 'base.tar'), 'r+');
  writeSync(tar, 'X', at);
  closeSync(tar);
  await expect(verifyBackup(catalogue, backup, settings())).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
  await expect(unpack(folder, join(home, 'restored'))).rejects.toMatchObject({
    code: 'BACKUP_DAMAGED',
    message: expect.stringMatching(/is not the file that the server backed up/),
  });
});

it('is never restored over what is there', async () => {
  const to = mkdtempSync(join(home, 'used-'));
  writeFileSync(join(to, 'mine'), '');
  await expect(unpack(catalogue.folderOf(catalogue.find('torn')), to)).rejects.toMatchObject({
    code: 'OPTION_INVALID',
  });
  expect(readdirSync(to)).toEqual(['mine']);
});

it('is not listed where it was broken off, and says what the server needs', async () => {
  const folder = catalogue.begin('broken');
  await pool.query("create role plain login password 'plain'");
  const url = new URL(server.address);
  [url.username, url.password] = ['plain', 'plain'];
  await expect(takeBaseBackup(url.toString(), folder, 'broken')).rejects.toMatchObject({
    code: 'BACKUP_FAILED',
    message: expect.stringMatching(/needs REPLICATION/),
  });
  expect(catalogue.list().map(({ id }) => id)).toEqual(['torn', 'first']);
  expect(existsSync(folder)).toBe(true);
});

it('tells rows and roots that are missing or were never backed up', () => {
  const before = { counts: { claims: 3 }, roots: ['1 a aa', '1 b bb'] };
  const after = { counts: { claims: 4 }, roots: [...before.roots, '2 a cc'] };
  expect(compareFacts({ counts: { claims: 4 }, roots: before.roots }, before, after)).toEqual([]);
  expect(compareFacts({ counts: { claims: 2 }, roots: ['1 a aa', '1 b xx'] }, before, after)).toEqual([
    'claims has 2 rows, not 3 to 4',
    '1 roots are missing, the first: 1 b bb',
    '1 roots were not backed up, the first: 1 b xx',
  ]);
});
