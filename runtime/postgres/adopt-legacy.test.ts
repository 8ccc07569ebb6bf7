/** A schema that the legacy system filled: what is in it stays, whatever it is, and comes back. */

import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { testStack, uniqueName } from '../../tests/testing/stack.ts';
import { silentLogger } from '../logging.ts';
import { backToLegacy } from './back-to-legacy.ts';
import { migrate } from './migrate.ts';
import { createPool, type Pool } from './pool.ts';
import { dumpSchema } from './schema-dump.ts';

const log = silentLogger();
const made: { pool: Pool; schema: string }[] = [];

const LEGACY = `
  create table claims (id serial primary key, channel varchar, user_pubkey varchar, slot bigint, claim_timestamp timestamp, status varchar);
  create table roots (id serial primary key, epoch bigint, channel varchar, root varchar, count int, finalized_at timestamp, status varchar);
  insert into claims (channel, user_pubkey, slot, claim_timestamp, status) values
    ('Lofi', 'ann', 7, '2025-11-01 00:00:00', 'pending'), ('lofi', 'ben', 8, null, 'settled'), (null, null, null, null, 'lost');
  insert into roots (epoch, channel, root, count, finalized_at, status) values
    (1762308000, 'lofi', '0xAB', 2, '2025-11-05 03:00:00', 'settled'), (1762308000, 'lofi', 'cd', 2, null, 'ready_for_settlement'),
    (1762308000, 'lofi', 'cd', 2, null, null);`;

const ROWS = {
  claims: 'select id, channel, user_pubkey, slot, claim_timestamp, status from claims order by id',
  roots: 'select id, epoch, channel, root, count, finalized_at, status from roots order by id',
};

/** @param sql What the schema holds before. */
async function open(sql = LEGACY): Promise<{ pool: Pool; schema: string }> {
  const schema = uniqueName('adopt');
  const settings = { DATABASE_URL: testStack().databaseUrl, DATABASE_SCHEMA: schema, DATABASE_POOL_SIZE: 2 };
  const pool = createPool(settings, 'adopt-test', log);
  made.push({ pool, schema });
  await pool.query(`create schema ${schema}`);
  await pool.query(sql);
  return { pool, schema };
}

async function rowsOf(pool: Pool): Promise<unknown> {
  return { claims: (await pool.query(ROWS.claims)).rows, roots: (await pool.query(ROWS.roots)).rows };
}

afterEach(async () => {
  for (const { pool, schema } of made.splice(0)) {
    await pool.query(`drop schema if exists ${schema} cascade`);
    await pool.end();
  }
});

describe("a schema that holds the legacy system's claims and roots", () => {
  it('keeps every row of them, whatever it holds, and ends with the tables of a new one', async () => {
    const { pool, schema } = await open();
    const before = await rowsOf(pool);
    await migrate(pool, schema, log);
    expect(await rowsOf(pool)).toEqual(before);
    const fresh = await open('');
    await migrate(fresh.pool, fresh.schema, log);
    expect(await dumpSchema(pool)).toBe(await dumpSchema(fresh.pool));
  });

  it('is written by the legacy system as before', async () => {
    const { pool, schema } = await open();
    await migrate(pool, schema, log);
    await pool.query("insert into claims (channel, user_pubkey, slot, status) values ('lofi', 'cy', 9, 'pending')");
    await pool.query("insert into roots (epoch, channel, root, count, status) values (1, 'lofi', 'ef', 1, 'anything')");
    await pool.query("update claims set status = 'included' where user_pubkey = 'cy'");
    expect((await pool.query('select 1 from claims')).rowCount).toBe(4);
    expect((await pool.query('select 1 from roots')).rowCount).toBe(4);
  });

  it('demands of a row of ours what it demanded before', async () => {
    const { pool, schema } = await open();
    await migrate(pool, schema, log);
    await expect(pool.query("insert into claims (channel, event_id) values ('lofi', 'x/0')")).rejects.toThrow(
      /claims_of_ours/,
    );
    await expect(pool.query("insert into roots (channel, recipe) values ('lofi', 'claim-v0')")).rejects.toThrow(
      /roots_of_ours/,
    );
    await expect(pool.query("insert into claims (channel, root_id, leaf_index) values ('lofi', 1, 1)")).rejects.toThrow(
      /claims_of_ours/,
    );
  });

  it('goes back to what it was, with the rows that the legacy system has written since and none of ours', async () => {
    const { pool, schema } = await open();
    const before = { dump: await dumpSchema(pool), rows: (await rowsOf(pool)) as { claims: unknown[] } };
    await migrate(pool, schema, log);
    await pool.query("insert into claims (channel, user_pubkey, slot, status) values ('lofi', 'cy', 9, 'pending')");
    await pool.query(
      `insert into roots (epoch, channel, root, count, finalized_at, recipe, odd_node, start_slot, end_slot, finalized_slot,
         source_partition, source_offset, record_partition, record_offset)
       values (1762308001, 'lofi', repeat('a', 64), 1, now(), 'claim-v0', 'duplicate', 1, 2, 3, 0, 1, 0, 1)`,
    );
    expect(await backToLegacy(pool, schema, true)).toEqual({
      kept: { claims: 4, roots: 3 },
      removed: { claims: 0, roots: 1 },
    });
    await backToLegacy(pool, schema, false);
    expect(await dumpSchema(pool)).toBe(before.dump);
    const after = (await rowsOf(pool)) as { claims: unknown[]; roots: unknown[] };
    expect(after).toMatchObject({ ...before.rows, claims: expect.anything() });
    expect(after.claims.slice(0, 3)).toEqual(before.rows.claims);
    expect(after.claims).toHaveLength(4);
    // And over again.
    await migrate(pool, schema, log);
    expect(await rowsOf(pool)).toEqual(after);
  });

  it('stays as it is while a role works on it', async () => {
    const { pool, schema } = await open();
    await migrate(pool, schema, log);
    const settings = { DATABASE_URL: testStack().databaseUrl, DATABASE_SCHEMA: schema, DATABASE_POOL_SIZE: 1 };
    const role = createPool(settings, 'ao-gateway', log);
    await role.query('select 1');
    await expect(backToLegacy(pool, schema, false)).rejects.toMatchObject({ code: 'GROUP_ACTIVE' });
    await role.end();
    expect((await pool.query('select 1 from adopted_tables')).rowCount).toBe(2);
  });

  it.each([
    [
      'a unique epoch and channel',
      'delete from roots where id > 1; alter table roots add constraint once unique (epoch, channel)',
      /constraint once UNIQUE/,
    ],
    ['a unique index', 'create unique index once on claims (user_pubkey)', /unique index .*once/],
    ['a rule for its statuses', "alter table claims add check (status <> 'late')", /claims_status_check/],
    ['a column of another type', 'alter table claims alter slot type int', /column slot is integer, not bigint/],
    [
      'a column that ours do not have',
      'alter table claims add column more int not null default 1; alter table claims alter more drop default',
      /more demands a value/,
    ],
    ['no key', 'alter table roots drop constraint roots_pkey', /no primary key/],
  ])('is refused and left alone with %s', async (_what, change, message) => {
    const { pool, schema } = await open(LEGACY + change);
    const before = await dumpSchema(pool);
    await expect(migrate(pool, schema, log)).rejects.toMatchObject({
      code: 'TABLES_FOREIGN',
      message: expect.stringMatching(message) as unknown,
    });
    expect((await dumpSchema(pool)).replace(/table schema_migrations[\s\S]*/, '')).toBe(before);
  });
});

it('has the schema that the repository shows; `npx ao migrate --dump > schemas/sql/dump.txt` after a migration', async () => {
  const { pool, schema } = await open('');
  await migrate(pool, schema, log);
  expect(await dumpSchema(pool)).toBe(readFileSync(new URL('../../schemas/sql/dump.txt', import.meta.url), 'utf8'));
});

it('has nothing to go back to where all tables are ours', async () => {
  const { pool, schema } = await open('');
  await migrate(pool, schema, log);
  await expect(backToLegacy(pool, schema, false)).rejects.toMatchObject({ code: 'OPTION_INVALID' });
});
