/** The legacy system's rows beside ours in the same tables. */

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { silentLogger } from '../../runtime/logging.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { createPool, inTransaction, type Pool } from '../../runtime/postgres/pool.ts';
import { testStack, uniqueName } from '../../tests/testing/stack.ts';
import { countAlarms } from './io/count-alarms.ts';
import { insertRoots } from './io/insert-roots.ts';
import { noteSeenRoots } from './io/note-seen-roots.ts';
import { settleClaims } from './io/settle-claims.ts';
import { settleRoots } from './io/settle-roots.ts';
import { takeUnbuiltRoot } from './io/take-unbuilt-root.ts';

const schema = uniqueName('legacy_rows');
const KEY = { channel: 'lofi', epoch: 1762308000 };
const ROOT = 'ab'.repeat(32);
let pool: Pool;

beforeAll(async () => {
  const settings = { DATABASE_URL: testStack().databaseUrl, DATABASE_SCHEMA: schema, DATABASE_POOL_SIZE: 2 };
  pool = createPool(settings, 'test', silentLogger());
  await pool.query(`create schema ${schema}`);
  await pool.query(`
    create table claims (id serial primary key, channel varchar, user_pubkey varchar, slot bigint, claim_timestamp timestamp, status varchar);
    create table roots (id serial primary key, epoch bigint, channel varchar, root varchar, count int, finalized_at timestamp, status varchar);
    insert into claims (channel, user_pubkey, slot, status) values ('lofi', 'ann', 7, 'included');
    insert into roots (epoch, channel, root, count, status) values
      (1762308000, 'lofi', '${ROOT}', 1, 'settled'), (1762308000, 'lofi', '${'cd'.repeat(32)}', 1, 'ready_for_settlement');`);
  await migrate(pool, schema, silentLogger());
});

afterAll(async () => {
  await pool.query(`drop schema ${schema} cascade`);
  await pool.end();
});

it('are neither built, settled, counted nor alarmed about, whatever ours of the same channel, epoch and bytes becomes', async () => {
  const before = await pool.query('select * from roots order by id');
  const ours = {
    ...{
      ...KEY,
      root: ROOT,
      count: 1,
      finalized_at: '2026-01-01T00:00:00Z',
      recipe: 'claim-v0',
      odd_node: 'duplicate',
    },
    ...{ start_slot: 1, end_slot: 2, finalized_slot: 3, source_partition: 0, source_offset: 1, record_offset: 1 },
  };
  const again = { ...ours, record_offset: 2 };
  expect(await inTransaction(pool, (client) => insertRoots(client, 0, [ours]))).toEqual([]);
  expect(await inTransaction(pool, (client) => insertRoots(client, 0, [again]))).toEqual([]);
  await pool.query("insert into sink_offsets (topic, partition, next_offset, highest_offset) values ('t', 0, 9, 9)");
  const unbuilt = await inTransaction(pool, (client) => takeUnbuiltRoot(client, 't'));
  expect(unbuilt).toMatchObject({ id: 3, root: ROOT });
  await pool.query(
    `insert into settlement_log (status, ledger_status, channel, epoch, root, attempt, recorded_at, worker, ledger_partition, ledger_offset)
     values ('confirmed', 'FINALIZED', $1, $2, $3, 1, now(), 'w', 0, 1)`,
    [KEY.channel, KEY.epoch, ROOT],
  );
  // Another publication of the legacy system's epoch, as a listener saw it.
  await pool.query(
    `insert into published_roots (event_id, signature, channel, epoch, root, slot, status, commitment, proven, vouchers, stream_partition,
       stream_offset, proven_offset) values ('x/0', 'x', 'lofi', $1, $2, 5, 'seen', 'finalized', true, '{}', 0, 1, 1)`,
    [KEY.epoch, ROOT],
  );
  await inTransaction(pool, (client) => settleRoots(client, [KEY]));
  await noteSeenRoots(pool, 0);
  while (await settleClaims(pool));
  expect(await countAlarms(pool)).toEqual({ notSeen: 0, otherBytes: 0, mismatches: 0, epochGaps: 0 });
  const { rows } = await pool.query<{ id: number }>('select * from roots order by id');
  expect(rows.slice(0, 2)).toEqual(before.rows);
  expect(rows.slice(2)).toEqual([expect.objectContaining({ id: 3, status: 'settled', publication_seen: true })]);
  expect((await pool.query('select root_id, status from claims')).rows).toEqual([
    { root_id: null, status: 'included' },
  ]);
  expect((await pool.query('select root_id from settlement_log')).rows).toEqual([{ root_id: 3 }]);
});
