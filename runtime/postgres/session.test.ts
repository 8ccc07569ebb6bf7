import { afterEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { testStack, uniqueName } from '../../tests/testing/stack.ts';
import { silentLogger } from '../logging.ts';
import { migrate } from './migrate.ts';
import { createPool, inTransaction, type Pool, type PostgresSettings } from './pool.ts';
import { type Pooler, startPooler } from './testing/pooler.ts';

const log = silentLogger();
const pools: Pool[] = [];
const schemas: string[] = [];
const users: string[] = [];
let pooler: Pooler | undefined;

function open(changes: Partial<PostgresSettings> = {}): Pool {
  const schema = changes.DATABASE_SCHEMA ?? uniqueName('session');
  schemas.push(schema);
  const settings = { DATABASE_URL: testStack().databaseUrl, DATABASE_POOL_SIZE: 2, DATABASE_SCHEMA: schema };
  const pool = createPool({ ...settings, ...changes }, 'session-test', log);
  pools.push(pool);
  return pool;
}

async function asAdministrator<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: testStack().databaseUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.end();
  await pooler?.stop();
  pooler = undefined;
  await asAdministrator(async (client) => {
    for (const schema of schemas.splice(0)) await client.query(`drop schema if exists ${schema} cascade`);
    for (const user of users.splice(0)) {
      await client.query(`drop owned by ${user}`);
      await client.query(`drop user ${user}`);
    }
  });
});

/** A connection string of a user whose sessions begin with other settings than ours. */
async function userWithOtherSettings(): Promise<string> {
  const user = uniqueName('german');
  users.push(user);
  const url = new URL(testStack().databaseUrl);
  await asAdministrator(async (client) => {
    await client.query(`create user ${user} password 'german'`);
    await client.query(`grant create on database ${JSON.stringify(url.pathname.slice(1))} to ${user}`);
    await client.query(`alter user ${user} set datestyle = 'German, DMY'`);
    await client.query(`alter user ${user} set timezone = 'Asia/Tokyo'`);
    await client.query(`alter user ${user} set search_path = 'public'`);
  });
  url.username = user;
  url.password = 'german';
  return url.toString();
}

const INSTANT = '2026-01-02T03:04:05.000Z';
const readInstant = async (pool: Pool): Promise<unknown> => {
  const { rows } = await pool.query<{ at: Date; zoned: Date; now: boolean }>({
    name: 'read-instant',
    text: `select $1::timestamp as at, $2::timestamptz as zoned, localtimestamp = (now() at time zone 'utc') as now`,
    values: [INSTANT.slice(0, -1), INSTANT],
  });
  return rows[0];
};
const EXACT = { at: new Date(INSTANT), zoned: new Date(INSTANT), now: true };

describe('a session', () => {
  it('has our dates, time zone and schema, whatever those of the user are', async () => {
    const schema = uniqueName('session');
    const pool = open({ DATABASE_SCHEMA: schema, DATABASE_URL: await userWithOtherSettings() });
    await migrate(pool, schema, log);
    expect(await readInstant(pool)).toEqual(EXACT);
    const { rows } = await pool.query("select to_regclass('roots')::text as found, current_schema() as schema");
    expect(rows).toEqual([{ found: 'roots', schema }]);
  });

  it('is refused with what to do where a pooler refuses our settings', async () => {
    pooler = await startPooler(testStack().databaseUrl, 'refused');
    const schema = uniqueName('session');
    await expect(
      migrate(open({ DATABASE_SCHEMA: schema, DATABASE_URL: pooler.url }), schema, log),
    ).rejects.toMatchObject({
      code: 'DATABASE_SESSION_WRONG',
      message: expect.stringContaining('DATABASE_POOLER=transaction') as unknown,
    });
  });

  it('is refused where a pooler ignores our settings, and no table is made elsewhere', async () => {
    pooler = await startPooler(testStack().databaseUrl, 'ignored');
    const schema = uniqueName('session');
    await expect(
      migrate(open({ DATABASE_SCHEMA: schema, DATABASE_URL: pooler.url }), schema, log),
    ).rejects.toMatchObject({
      code: 'DATABASE_SESSION_WRONG',
    });
    const { rows } = await asAdministrator((client) =>
      client.query("select to_regclass('public.roots') as roots, to_regclass('public.schema_migrations') as notes"),
    );
    expect(rows).toEqual([{ roots: null, notes: null }]);
  });

  it.each(['refused', 'ignored'] as const)(
    'works through a transaction pooler (%s), keeping nothing from one transaction to the next',
    async (unknown) => {
      const schema = uniqueName('session');
      pooler = await startPooler(await userWithOtherSettings(), unknown);
      const pool = open({
        ...{ DATABASE_SCHEMA: schema, DATABASE_URL: pooler.url },
        ...{ DATABASE_POOLER: 'transaction', DATABASE_POOL_SIZE: 1 },
      });
      await migrate(pool, schema, log);
      expect(await readInstant(pool)).toEqual(EXACT);
      await inTransaction(pool, async (client) => {
        const { rows } = await client.query('select current_schema() as schema');
        expect(rows).toEqual([{ schema }]);
      });
      // What another client of the pooler would find in the same session.
      const client = await pool.connect();
      const { rows } = await client.query(
        "select current_setting('search_path') as path, (select count(*) from pg_prepared_statements)::int as prepared",
      );
      client.release();
      expect(rows).toEqual([{ path: 'public', prepared: 0 }]);
    },
  );
});
