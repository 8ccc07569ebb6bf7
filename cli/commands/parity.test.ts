/** `ao parity` on a real database that holds both systems. */

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { z } from 'zod';
import { seedRoot } from '../../graphql/testing/seed.ts';
import { loadConfig, postgresConfig } from '../../runtime/config.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { createPool, type Pool } from '../../runtime/postgres/pool.ts';
import { runAo } from '../../tests/testing/role-process.ts';
import { testStack, uniqueName } from '../../tests/testing/stack.ts';

const schema = uniqueName('parity');
const legacySchema = `${schema}_legacy`;
let pool: Pool;
let env: Record<string, string>;

beforeAll(async () => {
  env = { DATABASE_URL: testStack().databaseUrl, DATABASE_SCHEMA: schema };
  pool = createPool(loadConfig(z.object(postgresConfig), env), 'parity-test', silentLogger());
  await migrate(pool, schema, silentLogger());
  await pool.query(`create schema ${legacySchema}`);
  await pool.query(
    `create table ${legacySchema}.roots (id serial primary key, epoch bigint, channel varchar, root varchar, count int)`,
  );
  await pool.query(
    `create table ${legacySchema}.l2_tree_cache (epoch bigint, channel text, root text, levels_json text, participant_count int, built_at bigint)`,
  );
});

afterAll(async () => {
  await pool.query(`drop schema ${schema} cascade`);
  await pool.query(`drop schema ${legacySchema} cascade`);
  await pool.end();
});

const parity = (from: string, ...args: string[]) =>
  runAo(
    ['parity', '--legacy', env['DATABASE_URL'] ?? '', '--legacy-schema', from, ...args],
    env,
    join(tmpdir(), schema),
  );

it('says nothing was compared, then equal, then what differs and what cannot be told; never compares with itself', async () => {
  expect((await parity(legacySchema)).status).toBe(3);

  const equal = await seedRoot(pool, { channel: 'alpha', epoch: 7, count: 5, settled: false });
  const published = `insert into ${legacySchema}.l2_tree_cache (epoch, channel, root) values ($1, $2, $3)`;
  await pool.query(published, [7, 'Alpha', `0x${equal.tree.rootHex()}`]);
  const same = await parity(legacySchema, '--json');
  expect({ ...same, stdout: JSON.parse(same.stdout) as unknown }).toMatchObject({
    status: 0,
    stdout: { equal: 1, differs: 0, uncertain: 0, rows: [{ channel: 'alpha', epoch: '7', verdict: 'equal' }] },
  });

  await seedRoot(pool, { channel: 'beta', epoch: 8, count: 3, settled: false });
  const legacyRow = `insert into ${legacySchema}.roots (epoch, channel, root, count) values ($1, $2, $3, 3)`;
  await pool.query(legacyRow, [8, 'beta', 'c'.repeat(64)]);
  await pool.query(legacyRow, [9, 'gamma', 'd'.repeat(64)]);
  const other = await parity(legacySchema, '--since', '8');
  expect(other.status).toBe(1);
  expect(other.stdout).toContain('0 equal, 1 differ, 1 uncertain');
  expect(other.stdout).toContain('no recipe or odd-node rule over our claims gives the legacy root');
  expect((await parity(legacySchema, '--since', '9')).status).toBe(3);

  const itself = await parity(schema);
  expect(itself.status).toBe(1);
  expect(itself.stderr).toContain('compared with itself');
  expect((await parity('information_schema')).stderr).toContain('has none of the tables');
});
