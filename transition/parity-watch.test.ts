/** The parity watch against real tables of both sides. */

import { MerkleTree } from '@attention-oracle/sdk';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { silentLogger } from '../runtime/logging.ts';
import { migrate } from '../runtime/postgres/migrate.ts';
import { createPool, type Pool } from '../runtime/postgres/pool.ts';
import { type StartedRole, startRole } from '../runtime/role.ts';
import { testStack, uniqueName } from '../tests/testing/stack.ts';
import { until } from '../tests/testing/until.ts';
import { role } from './main.ts';

const ours = uniqueName('parity');
const legacy = uniqueName('parity_legacy');
const CLAIMS = [0, 1, 2].map((i) => ({
  claimer: '11111111111111111111111111111111',
  amount: 5n,
  id: `twitch:lofi:u${i}`,
}));
const ROOT = new MerkleTree(CLAIMS).rootHex();
const PROMOTED = new MerkleTree(CLAIMS, { oddNode: 'promote' }).rootHex();

let pool: Pool;
let watch: StartedRole;

beforeAll(async () => {
  const settings = { DATABASE_URL: testStack().databaseUrl, DATABASE_SCHEMA: ours, DATABASE_POOL_SIZE: 2 };
  pool = createPool(settings, 'test', silentLogger());
  await migrate(pool, ours, silentLogger());
  await pool.query(`create schema ${legacy};
    create table ${legacy}.roots (id serial primary key, epoch bigint, channel varchar, root varchar, count int, finalized_at timestamp, status varchar)`);
  const { rows } = await pool.query<{ id: number }>(
    `insert into roots (epoch, channel, root, count, finalized_at, recipe, odd_node, start_slot, end_slot, finalized_slot,
       source_partition, source_offset, record_partition, record_offset, tree_state)
     values (7, 'lofi', $1, 3, now(), 'claim-v0', 'duplicate', 1, 2, 3, 0, 1, 0, 1, 'built') returning id`,
    [ROOT],
  );
  for (const [index, { claimer, amount, id }] of CLAIMS.entries()) {
    await pool.query(
      `insert into claims (channel, user_pubkey, slot, status, event_id, signature, epoch, amount, claim_id, commitment, proven, vouchers,
         stream_partition, stream_offset, proven_offset, root_id, leaf_index)
       values ('lofi', $1, 1, 'included', $2, 's', 7, $3, $4, 'finalized', true, '{}', 0, $5::int, $5::int, $6, $5::int)`,
      [claimer, `s/${index}`, amount.toString(), id, index, rows[0]?.id],
    );
  }
  watch = await startRole(
    role,
    {
      DATABASE_URL: testStack().databaseUrl,
      DATABASE_SCHEMA: ours,
      LEGACY_DATABASE_URL: testStack().databaseUrl,
      LEGACY_SCHEMA: legacy,
      PARITY_INTERVAL_MS: '20',
      METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics',
    },
    silentLogger(),
  );
});

afterAll(async () => {
  await watch.stop();
  await pool.query(`drop schema ${ours} cascade; drop schema ${legacy} cascade`);
  await pool.end();
});

async function rootsBy(verdict: string): Promise<number> {
  const text = await (await fetch(`${watch.opsUrl}/metrics`)).text();
  return Number(new RegExp(`ao_parity_roots{.*verdict="${verdict}".*} (\\d+)`).exec(text)?.[1]);
}

const held = (): string =>
  watch
    .held()
    .map(({ code, reason }) => `${code} ${reason}`)
    .join();

it('holds while a root differs, with the rule that would match, and goes on once every row is equal', async () => {
  await until('the comparison', () =>
    /PARITY_DIFFERS.*epoch 7: uncertain \(no root of the legacy system\)/.test(held()),
  );
  await pool.query(`insert into ${legacy}.roots (epoch, channel, root, count) values (7, 'Lofi', $1, 3)`, [
    `0x${PROMOTED}`,
  ]);
  await until('the comparison', () =>
    /epoch 7: differs \(recipe claim-v0 with odd node promote over our claims/.test(held()),
  );
  expect(await rootsBy('differs')).toBe(1);
  await pool.query(`update ${legacy}.roots set root = $1`, [ROOT.toUpperCase()]);
  await until('the comparison', () => held() === '');
  expect(await rootsBy('equal')).toBe(1);
  expect(watch.ready()).toEqual({ compared: true });
});

it('holds a row that nobody can read, and one without an epoch, beside equal ones', async () => {
  await pool.query(
    `insert into ${legacy}.roots (epoch, channel, root, count) values (8, 'lofi', 'torn', 3), (null, null, null, null)`,
  );
  await until('the comparison', () => /2 roots are not shown/.test(held()));
  expect(held()).toMatch(/\(no channel\), epoch -1: uncertain \(a row of the legacy system cannot be read/);
  expect(await rootsBy('uncertain')).toBe(2);
  expect(await rootsBy('equal')).toBe(1);
});

it('is not ready and holds when the legacy side does not answer as it should, and goes on when it does', async () => {
  await pool.query(`alter table ${legacy}.roots rename to away`);
  await until('the comparison', () => /Not compared: .*none of the tables/.test(held()));
  await until('the comparison', () => watch.ready()['compared'] === false);
  await pool.query(
    `alter table ${legacy}.away rename to roots; delete from ${legacy}.roots where root is distinct from '${ROOT.toUpperCase()}'`,
  );
  await until('the comparison', () => held() === '');
  expect(watch.ready()).toEqual({ compared: true });
});
