import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { z } from 'zod';
import { loadConfig, postgresConfig } from '../../runtime/config.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { createPool } from '../../runtime/postgres/pool.ts';
import { PostgresPromises } from '../../sinks/settlement/io/promise-book.ts';
import { testStack, uniqueName } from '../../tests/testing/stack.ts';

/** As it stands in the file, under names of this test: users belong to the whole server. */
const suffix = uniqueName('users').slice(-8);
const [SINK, GATEWAY, SETTLEMENT] = [`ao_sink_${suffix}`, `ao_gateway_${suffix}`, `ao_settlement_${suffix}`];
const USERS = [SINK, GATEWAY, SETTLEMENT];
const script = readFileSync(new URL('./10-roles.sql', import.meta.url), 'utf8')
  .replaceAll('ao_sink', SINK)
  .replaceAll('ao_gateway', GATEWAY)
  .replaceAll('ao_settlement', SETTLEMENT);
const database = uniqueName('deployed');
const SCHEMA = 'attention_oracle';

let administrator: pg.Client;
let owner: pg.Client;

function urlOf(user?: string): string {
  const url = new URL(testStack().databaseUrl);
  url.pathname = `/${database}`;
  if (user !== undefined) {
    url.username = user;
    url.password = 'secret';
  }
  return url.toString();
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

async function as<T>(user: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connect(urlOf(user));
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  administrator = await connect(testStack().databaseUrl);
  await administrator.query(`create database ${database}`);
  owner = await connect(urlOf());
  await owner.query(script);
  await owner.query(script);
  for (const user of USERS) await owner.query(`alter role ${user} password 'secret'`);
  const settings = loadConfig(z.object(postgresConfig), { DATABASE_URL: urlOf(SINK), DATABASE_SCHEMA: SCHEMA });
  const pool = createPool(settings, 'test', silentLogger());
  await migrate(pool, SCHEMA, silentLogger());
  await pool.end();
});

afterAll(async () => {
  await owner?.end();
  await administrator?.query(`drop database if exists ${database} with (force)`);
  for (const user of USERS) await administrator?.query(`drop role if exists ${user}`);
  await administrator?.end();
});

describe('the database users of a deployment', () => {
  it('let the sink migrate and write, without being an administrator', async () => {
    const { rows } = await owner.query<{ owner: string }>(
      `select distinct tableowner as owner from pg_tables where schemaname = $1`,
      [SCHEMA],
    );
    expect(rows).toEqual([{ owner: SINK }]);
    const user = await owner.query('select rolsuper, rolcreaterole, rolcreatedb from pg_roles where rolname = $1', [
      SINK,
    ]);
    expect(user.rows).toEqual([{ rolsuper: false, rolcreaterole: false, rolcreatedb: false }]);
  });

  it('let the gateway read every table and view of the migrations', async () => {
    const { rows } = await owner.query<{ name: string }>(
      `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = $1 and c.relkind in ('r', 'v', 'm', 'p')`,
      [SCHEMA],
    );
    expect(rows.length).toBeGreaterThan(5);
    await as(GATEWAY, async (client) => {
      for (const { name } of rows) await client.query(`select * from ${SCHEMA}.${name} limit 1`);
    });
  });

  it.each([
    ['write', `delete from ${SCHEMA}.roots`],
    ['change a table', `alter table ${SCHEMA}.roots add column mine text`],
    ['make a table', `create table ${SCHEMA}.mine (x int)`],
    ['make a schema', 'create schema mine'],
    ['write where transactions may', `set transaction read write; delete from ${SCHEMA}.roots`],
    ['become another', `set role ${SINK}`],
  ])('do not let the gateway %s', async (_what, statement) => {
    await as(GATEWAY, async (client) => {
      await expect(client.query(statement)).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|25006)$/) });
    });
  });

  it('let settlement promise of the treasury and see what the sink has, as soon as the sink has made its tables', async () => {
    const settings = { DATABASE_URL: urlOf(SETTLEMENT), DATABASE_SCHEMA: SCHEMA, DATABASE_POOL_SIZE: 1 };
    const pool = createPool(settings, 'test', silentLogger());
    try {
      const book = new PostgresPromises(pool, 'worker');
      const mine = { channel: 'lacy', epoch: 7n, amount: 60n, root: '0'.repeat(64) };
      const terms = { isShown: () => true, fits: () => true };
      await book.promise({ ...mine, channel: 'other' }, terms);
      expect(await book.promise(mine, terms)).toMatchObject([{ channel: 'other' }]);
      await book.withdraw(mine);
      const { rows } = await pool.query<{ channel: string }>('select channel from settlement_promises');
      expect(rows).toEqual([{ channel: 'other' }]);
      await pool.query('select * from settlement_log, claims, roots limit 1');
    } finally {
      await pool.end();
    }
  });

  it.each([
    ['write another table', `delete from ${SCHEMA}.roots`],
    ['empty its own, which no worker does', `truncate ${SCHEMA}.settlement_promises`],
    ['make a table', `create table ${SCHEMA}.mine (x int)`],
    ['make a schema', 'create schema mine'],
    ['become another', `set role ${SINK}`],
  ])('do not let settlement %s', async (_what, statement) => {
    await as(SETTLEMENT, async (client) => {
      await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' });
    });
  });

  it('have all of it by another run of the script too, where the tables were there first and no trigger is', async () => {
    const schema = 'made_before';
    await owner.query('drop event trigger ao_grant_promises');
    const settings = loadConfig(z.object(postgresConfig), { DATABASE_URL: urlOf(SINK), DATABASE_SCHEMA: schema });
    const pool = createPool(settings, 'test', silentLogger());
    await migrate(pool, schema, silentLogger());
    await pool.end();
    const promise = `insert into ${schema}.settlement_promises (channel, epoch, root, amount, worker) values ('a', 1, 'b', 2, 'c')`;
    await as(SETTLEMENT, async (client) => {
      await expect(client.query(promise)).rejects.toMatchObject({ code: '42501' });
    });
    await owner.query(script);
    await as(SETTLEMENT, (client) => client.query(promise));
  });

  it('let nobody else in', async () => {
    const stranger = `ao_stranger_${suffix}`;
    await administrator.query(`create role ${stranger} login password 'secret'`);
    try {
      await expect(connect(urlOf(stranger))).rejects.toMatchObject({ code: '42501' });
    } finally {
      await administrator.query(`drop role ${stranger}`);
    }
  });
});
