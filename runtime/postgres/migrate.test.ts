import { afterEach, describe, expect, it } from '@jest/globals';
import { testStack, uniqueName } from '../../tests/testing/stack.ts';
import { silentLogger } from '../logging.ts';
import { type Migration, migrate, readMigrations } from './migrate.ts';
import { createPool, type Pool } from './pool.ts';

const log = silentLogger();
const made: { pool: Pool; schema: string }[] = [];

function open(schema: string): Pool {
  const settings = { DATABASE_URL: testStack().databaseUrl, DATABASE_SCHEMA: schema, DATABASE_POOL_SIZE: 4 };
  const pool = createPool(settings, 'migrate-test', log);
  made.push({ pool, schema });
  return pool;
}

function step(version: number, sql: string): Migration {
  return { version, name: `000${version}_step.sql`, sql };
}

async function tables(pool: Pool, schema: string): Promise<string[]> {
  const { rows } = await pool.query<{ table_name: string }>(
    "select table_name from information_schema.tables where table_schema = $1 and table_type = 'BASE TABLE' order by 1",
    [schema],
  );
  return rows.map(({ table_name }) => table_name);
}

describe('migrations', () => {
  afterEach(async () => {
    for (const { pool, schema } of made.splice(0)) {
      await pool.query(`drop schema if exists ${schema} cascade`);
      await pool.end();
    }
  });

  it('makes the tables of the target architecture, with its columns, in a schema of their own', async () => {
    const schema = uniqueName('migrate');
    const pool = open(schema);
    await migrate(pool, schema, log);
    const { rows } = await pool.query<{ table_name: string; columns: string }>(
      `select table_name, string_agg(column_name, ' ' order by ordinal_position) as columns from information_schema.columns
       where table_schema = $1 group by 1`,
      [schema],
    );
    const columns = new Map(rows.map((row) => [row.table_name, row.columns]));
    expect(columns.get('claims')).toMatch(/^id channel user_pubkey slot claim_timestamp status /);
    expect(columns.get('roots')).toMatch(/^id epoch channel root count finalized_at status /);
    expect(columns.get('epochs')).toBe('epoch start_slot end_slot finalized_at');
    expect(columns.get('settlement_log')).toMatch(/^id root_id tx_signature settled_at status /);
  });

  it('does nothing the second time, and applies a file once when several processes start together', async () => {
    const schema = uniqueName('migrate');
    const pools = [open(schema), open(schema), open(schema)];
    const results = await Promise.all(pools.map((pool) => migrate(pool, schema, log)));
    // Who applies which is a matter of chance.
    expect(results.flatMap(({ applied }) => applied).sort()).toEqual(readMigrations().map(({ name }) => name));
    expect(await migrate(open(schema), schema, log)).toEqual({ applied: [], unknown: [] });
  });

  it('keeps nothing of a file that fails, says where it failed, and goes on from there when it is mended', async () => {
    const schema = uniqueName('migrate');
    const pool = open(schema);
    const first = step(1, 'create table one (id int)');
    const broken = step(2, 'create table two (id int);\ncreate table three (id nonsense)');
    await expect(migrate(pool, schema, log, [first, broken])).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringContaining('0002_step.sql, line 2 failed') as unknown,
    });
    expect(await tables(pool, schema)).toEqual(['one', 'schema_migrations']);
    expect(await migrate(pool, schema, log, [first, step(2, 'create table two (id int)')])).toMatchObject({
      applied: ['0002_step.sql'],
    });
  });

  it('refuses a file that was changed after it was applied', async () => {
    const schema = uniqueName('migrate');
    const pool = open(schema);
    await migrate(pool, schema, log, [step(1, 'create table one (id int)')]);
    await expect(migrate(pool, schema, log, [step(1, 'create table one (id bigint)')])).rejects.toMatchObject({
      code: 'MIGRATION_CHANGED',
    });
  });

  it('tells of migrations of a newer release and leaves them alone', async () => {
    const schema = uniqueName('migrate');
    const pool = open(schema);
    const first = step(1, 'create table one (id int)');
    await migrate(pool, schema, log, [first, step(2, 'create table two (id int)')]);
    expect(await migrate(pool, schema, log, [first])).toEqual({ applied: [], unknown: ['0002_step.sql'] });
  });

  it('names tables of the legacy system in its schema, says what to do, and makes nothing', async () => {
    const schema = uniqueName('migrate');
    const pool = open(schema);
    await pool.query(
      `create schema ${schema}; create table ${schema}.roots (id int, epoch int); create table ${schema}.notes ()`,
    );
    await expect(migrate(pool, schema, log)).rejects.toMatchObject({
      code: 'TABLES_FOREIGN',
      message: expect.stringMatching(/roots \(id, epoch\).*Set DATABASE_SCHEMA/) as unknown,
    });
    expect(await tables(pool, schema)).toEqual(['notes', 'roots']);
  });

  it('refuses a schema_migrations of another tool, and leaves it alone', async () => {
    const schema = uniqueName('migrate');
    const pool = open(schema);
    await pool.query(`create schema ${schema}; create table ${schema}.schema_migrations (version varchar primary key)`);
    await expect(migrate(pool, schema, log)).rejects.toMatchObject({
      code: 'TABLES_FOREIGN',
      message: expect.stringContaining('another migration tool (columns version)') as unknown,
    });
    expect(await tables(pool, schema)).toEqual(['schema_migrations']);
  });
});
