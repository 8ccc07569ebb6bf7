/** The WAL of a real server, archived and recovered on another. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { seedRoot } from '../../graphql/testing/seed.ts';
import type { StartedPart } from '../../local/stack/part.ts';
import { startPostgres } from '../../local/stack/postgres.ts';
import { startRestored } from '../../local/stack/restored-postgres.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { createPool, type Pool } from '../../runtime/postgres/pool.ts';
import { until } from '../../tests/testing/until.ts';
import { Catalogue } from './catalogue.ts';
import { judgeBackups } from './judge.ts';
import { parseLsn } from './lsn.ts';
import { checkNdjson } from './ndjson.ts';
import { restoreInto } from './restore.ts';
import { archiveWal, currentWal, takeBackup } from './take.ts';
import { verifyBackup } from './verify.ts';
import { dropSlot, markWal, openWalArchive, receiveWal } from './wal-receiver.ts';

const home = mkdtempSync(join(tmpdir(), 'ao-wal-test-'));
const catalogue = new Catalogue(join(home, 'backups'));
const login = { user: 'postgres', database: 'attention_oracle' };
let server: StartedPart;
let pool: Pool;

const settings = () => ({ DATABASE_URL: server.address, DATABASE_SCHEMA: 'ao', DATABASE_POOL_SIZE: 2 });
const source = () => ({ url: server.address, pool, backups: catalogue.folder });
const add = (channel: string): Promise<unknown> => seedRoot(pool, { channel, epoch: 3, count: 20, settled: false });
const channels = async (of: Pool): Promise<string> => {
  const { rows } = await of.query<{ list: string }>("select string_agg(channel, ' ' order by id) as list from roots");
  return rows[0]?.list ?? '';
};

beforeAll(async () => {
  server = await startPostgres({ dir: join(home, 'server'), ports: {}, durable: false });
  pool = createPool(settings(), 'test', silentLogger());
  await migrate(pool, 'ao', silentLogger());
  await archiveWal(catalogue, source());
  await add('before');
  await takeBackup(catalogue, pool, settings(), undefined);
});

afterAll(async () => {
  await pool.end();
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

async function restored(name: string, options: Parameters<typeof restoreInto>[3]): Promise<string> {
  const backup = catalogue.find('newest');
  const data = mkdtempSync(join(home, `${name}-`));
  const other = await startRestored(data, (folder) => restoreInto(catalogue, backup, folder, options), login);
  const url = new URL(server.address);
  url.host = `127.0.0.1:${other.port}`;
  const its = createPool({ ...settings(), DATABASE_URL: url.toString() }, 'test', silentLogger());
  try {
    return await channels(its);
  } finally {
    await its.end();
    await other.stop();
  }
}

it('recovers what was committed after the backup, over several segments, and names what it is as of', async () => {
  for (const channel of ['first', 'second']) {
    await add(channel);
    await pool.query('select pg_switch_wal()');
  }
  const { rows } = await pool.query<{ now: Date }>('select clock_timestamp() as now');
  await add('third');
  const { caughtUpAt } = await archiveWal(catalogue, source());
  await add('lost');
  const verified = await verifyBackup(catalogue, catalogue.find('newest'), settings());
  expect(verified).toMatchObject({ roots: 4, trees: 4, counts: { claims: 80 }, asOf: caughtUpAt });
  const time = rows[0]?.now.toISOString();
  expect(await restored('until', { until: time })).toBe('before first second');
  expect(await restored('alone', { withoutWal: true })).toBe('before');
  await expect(
    restoreInto(catalogue, catalogue.find('newest'), join(home, 'never'), { until: '2000-01-01T00:00:00Z' }),
  ).rejects.toMatchObject({ code: 'OPTION_INVALID' });
});

it('goes on in the middle of a segment after the archiver was ended, and again, without a gap', async () => {
  for (const channel of ['fourth', 'fifth']) {
    const ended = new AbortController();
    const archive = await openWalArchive(source());
    const running = receiveWal(server.address, archive, { signal: ended.signal });
    await add(channel);
    const mark = await markWal(pool);
    await until('it is archived', () => parseLsn(archive.state.endLsn) >= mark);
    ended.abort();
    await running;
  }
  expect(await restored('gone-on', {})).toBe('before first second third lost fourth fifth');
});

it('waits for the archiver that runs, instead of taking its slot', async () => {
  const ended = new AbortController();
  const running = receiveWal(server.address, await openWalArchive(source()), { signal: ended.signal });
  await until('the slot is taken', async () => {
    const { rows } = await pool.query<{ active: boolean }>('select active from pg_replication_slots');
    return rows[0]?.active === true;
  });
  await add('sixth');
  const mark = await markWal(pool);
  expect(parseLsn((await archiveWal(catalogue, source())).endLsn)).toBeGreaterThanOrEqual(mark);
  ended.abort();
  await running;
});

it('is refused when a byte of a segment that it needs has changed', async () => {
  const archive = await currentWal(server.address, catalogue.folder);
  const { systemId = '', timeline = 0 } = archive?.state ?? {};
  const folder = join(catalogue.folder, 'wal', `${systemId}-${timeline}`);
  const name = readdirSync(folder).findLast((file) => /^[0-9A-F]{24}$/.test(file)) ?? '';
  const content = readFileSync(join(folder, name));
  content[4000] = (content[4000] ?? 0) ^ 1;
  writeFileSync(join(folder, name), content);
  await expect(restored('changed', {})).rejects.toMatchObject({
    code: 'BACKUP_DAMAGED',
    message: expect.stringMatching(new RegExp(`holds another segment ${name}`)),
  });
});

it('is not begun in the middle: what lies between the backup and an archive of later is missing, and is said', async () => {
  const late = new Catalogue(join(home, 'late'));
  await takeBackup(late, pool, settings(), undefined);
  await dropSlot(pool);
  for (const channel of ['seventh', 'eighth']) {
    await add(channel);
    await pool.query('select pg_switch_wal()');
  }
  await pool.query('checkpoint');
  await archiveWal(late, { ...source(), backups: late.folder });
  await expect(verifyBackup(late, late.find('newest'), settings())).rejects.toMatchObject({
    code: 'BACKUP_DAMAGED',
    message: expect.stringMatching(/what is between is missing/),
  });
});

it('holds the NDJSON logs of the listener, and is found out when they are not those', async () => {
  const logs = mkdtempSync(join(home, 'logs-'));
  for (const name of ['events.1.ndjson', 'events.2.ndjson']) writeFileSync(join(logs, name), '{"slot":1}\n');
  writeFileSync(join(logs, 'other.txt'), '');
  const other = new Catalogue(join(home, 'with-logs'));
  const backup = await takeBackup(other, pool, settings(), undefined, logs);
  expect(backup).toMatchObject({ ndjson: 2, digests: { 'ndjson.tar.gz': expect.any(String) } });
  await checkNdjson(other.folderOf(backup), 2);
  await expect(checkNdjson(other.folderOf(backup), 3)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
  await expect(takeBackup(other, pool, settings(), undefined, home)).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  expect(other.list()).toHaveLength(1);
});

it('judges what would be lost, and asks for what is not there', () => {
  const [newest] = catalogue.list();
  const line = { systemId: '1', timeline: 1 };
  const wal = {
    ...{ ...line, segmentBytes: 1, startLsn: '0/0', endLsn: '0/1', tailSha256: null },
    caughtUpAt: '2026-01-01T01:00:00Z',
  };
  if (newest === undefined) throw new Error('no backup');
  const backup = { ...newest, line, takenAt: '2026-01-01T00:00:00Z', verifiedAt: '2026-01-01T00:10:00Z' };
  const limits = { rpoSeconds: 3600, backupHours: 26 };
  const now = Date.parse('2026-01-01T02:00:00Z');
  expect(judgeBackups([backup], wal, limits, now)).toMatchObject({ lossSeconds: 3600, faults: [] });
  const faultsOf = (...given: Parameters<typeof judgeBackups>): string => judgeBackups(...given).faults.join(' ');
  expect(faultsOf([backup], wal, limits, now + 1000)).toMatch(/not archived: see why/);
  expect(faultsOf([backup], undefined, limits, now)).toMatch(/as it is now is not archived/);
  expect(faultsOf([{ ...backup, verifiedAt: null }], wal, limits, now)).toMatch(/No backup is verified/);
  expect(faultsOf([backup], { ...wal, timeline: 2 }, limits, now)).toMatch(/before a restore/);
  expect(faultsOf([backup], wal, { ...limits, backupHours: 1 }, now)).toMatch(/newest verified backup is of/);
});
