import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { inTransaction } from '../../runtime/postgres/pool.ts';
import { countAlarms } from './io/count-alarms.ts';
import { noteSeenRoots } from './io/note-seen-roots.ts';
import { createTestDatabase, type TestDatabase } from './testing/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase('alarms');
});
beforeEach(() => database.clear());
afterAll(() => database.drop());

/** Settled roots of `count` channels, each published as it is; the slots that they landed in are proven. */
async function settledAndSeen(count: number): Promise<void> {
  await database.pool.query(
    `insert into roots (epoch, channel, root, count, finalized_at, status, recipe, odd_node, start_slot, end_slot, finalized_slot,
       source_partition, source_offset, record_partition, record_offset, tree_state, settled_at)
     select 7, 'c' || n, lpad(to_hex(n), 64, '0'), 1, now(), 'settled', 'claim-v0', 'duplicate', 0, 9, 20, 0, n, 0, n, 'built', now()
     from generate_series(1, $1::int) as n`,
    [count],
  );
  await database.pool.query(
    `insert into settlement_log (root_id, status, ledger_status, channel, epoch, root, attempt, slot, recorded_at, worker,
       ledger_partition, ledger_offset)
     select id, 'confirmed', 'FINALIZED', channel, epoch, root, 1, 500, now(), 'w', 0, id from roots`,
  );
  await publish('root', '');
  await database.pool.query("insert into coverage values (0, 'north', 'walk', 'rpc', 0, 1000, now(), 1, 1, 1)");
  await database.pool.query('analyze');
}

/** Publications of every root, with what an expression over `roots` gives for their bytes. */
async function publish(bytes: string, mark: string): Promise<void> {
  await database.pool.query(
    `insert into published_roots (event_id, signature, channel, epoch, root, slot, status, commitment, proven, vouchers,
       stream_partition, stream_offset, proven_offset)
     select channel || $1, channel, channel, epoch, ${bytes}, 500, 'seen', 'finalized', true, '{north}', 0, id, id from roots`,
    [mark],
  );
}

async function alarms(): Promise<{ notSeen: number; otherBytes: number }> {
  for (let last: number | undefined = 0; last !== undefined; ) last = await noteSeenRoots(database.pool, last);
  const { notSeen, otherBytes } = await countAlarms(database.pool);
  return { notSeen, otherBytes };
}

describe('settlement alarms', () => {
  it('tell of settled roots that were not seen, or seen with other bytes, whenever these come', async () => {
    await settledAndSeen(3);
    expect(await alarms()).toEqual({ notSeen: 0, otherBytes: 0 });
    await database.pool.query("delete from published_roots where channel = 'c1'");
    await database.pool.query("update roots set publication_seen = false where channel = 'c1'");
    expect(await alarms()).toEqual({ notSeen: 1, otherBytes: 0 });
    await database.pool.query('delete from coverage');
    expect(await alarms()).toEqual({ notSeen: 0, otherBytes: 0 });
    // Somebody publishes over roots that were found to be well.
    await publish("repeat('ab', 32)", '/again');
    expect(await alarms()).toEqual({ notSeen: 0, otherBytes: 3 });
  });

  it('count an epoch whose slots are not proven though later ones are in every partition, until it has its root', async () => {
    const epochGaps = async (): Promise<number> => (await countAlarms(database.pool)).epochGaps;
    await database.pool.query('insert into epochs values (3, 30, 39), (4, 40, 49), (5, 50, 59)');
    await database.pool.query(
      `insert into coverage values (0, 'north', 'walk', 'rpc', 0, 34, now(), 1, 1, 1), (0, 'north', 'walk', 'rpc', 38, 70, now(), 1, 1, 2),
         (1, 'north', 'walk', 'rpc', 0, 38, now(), 1, 1, 1)`,
    );
    await database.pool.query(
      `insert into claims (channel, user_pubkey, slot, event_id, signature, epoch, amount, claim_id, commitment, proven, vouchers,
         stream_partition, stream_offset)
       select 'c', 'u', n * 10, 'e' || n, 's', n, 1, 'id', 'finalized', false, '{}', 0, n from generate_series(3, 4) as n`,
    );
    expect(await epochGaps()).toBe(0);
    await database.pool.query('update coverage set to_slot = 55 where stream_partition = 1');
    expect(await epochGaps()).toBe(2);
    await database.pool.query("update claims set status = 'retracted' where epoch = 4");
    expect(await epochGaps()).toBe(1);
    await database.pool.query('update epochs set finalized_at = now() where epoch = 3');
    expect(await epochGaps()).toBe(0);
  });

  it('say nothing of an epoch beyond those that the platform has', async () => {
    await settledAndSeen(1);
    await database.pool.query("update published_roots set epoch = 18446744073709551615, root = repeat('cd', 32)");
    expect(await alarms()).toEqual({ notSeen: 1, otherBytes: 0 });
  });

  it('look at what is open alone: of 20,000 settled roots that were seen none is read again', async () => {
    await settledAndSeen(20_000);
    expect(await alarms()).toEqual({ notSeen: 0, otherBytes: 0 });
    await database.pool.query('vacuum roots, published_roots');
    const { rows } = await inTransaction(database.pool, async (client) => {
      await client.query('set local enable_seqscan = off');
      return client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
        'explain (analyze, format json) select count(*) from settlement_alarms',
      );
    });
    const plan = rows[0]?.['QUERY PLAN'][0].Plan;
    expect(plan === undefined ? Number.NaN : rowsRead(plan)).toBeLessThan(100);
  });
});

interface PlanNode {
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

function rowsRead(node: PlanNode): number {
  const own = (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
  return (node.Plans ?? []).reduce((sum, child) => sum + rowsRead(child), own);
}
