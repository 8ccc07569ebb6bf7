import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '../../../runtime/logging.ts';
import { migrate } from '../../../runtime/postgres/migrate.ts';
import { createPool, type Pool } from '../../../runtime/postgres/pool.ts';
import { testStack, uniqueName } from '../../../tests/testing/stack.ts';
import { PostgresSinkTables } from './sink-tables.ts';

const NOTHING_CLAIMED = new Uint8Array(128);

describe('what the sink stores of roots', () => {
  const schema = uniqueName('policies');
  let pool: Pool;
  let tables: PostgresSinkTables;

  beforeAll(async () => {
    const settings = { DATABASE_URL: testStack().databaseUrl, DATABASE_SCHEMA: schema, DATABASE_POOL_SIZE: 2 };
    pool = createPool(settings, 'policy-test', silentLogger());
    await migrate(pool, schema, silentLogger());
    tables = new PostgresSinkTables(pool);
  });
  afterAll(async () => {
    await pool.query(`drop schema ${schema} cascade`);
    await pool.end();
  });

  /** A root whose leaf i is worth i + 1 units. */
  async function store(
    channel: string,
    {
      leaves,
      count = leaves,
      state = 'built',
      recipe = 'claim-v0',
    }: {
      leaves: number;
      count?: number;
      state?: string;
      recipe?: string;
    },
  ): Promise<{ channel: string; epoch: bigint; root: string }> {
    const root = Buffer.from(channel).toString('hex').padEnd(64, '0').slice(0, 64);
    await pool.query(
      `with stored as (
         insert into roots (epoch, channel, root, count, finalized_at, recipe, odd_node, start_slot, end_slot, finalized_slot,
                            source_partition, source_offset, record_partition, record_offset, tree_state)
         values (7, $1, $2, $3, now(), $4, 'duplicate', 0, 9, 20, 0, 0, 0, 0, $5) returning id)
       insert into claims (channel, user_pubkey, slot, event_id, signature, epoch, amount, claim_id, commitment, proven, vouchers,
                           stream_partition, stream_offset, proven_offset, root_id, leaf_index)
       select $1, 'fan' || i, 1, $1 || '/' || i, 'signature', 7, i + 1, '', 'finalized', true, '{}', 0, i, i, stored.id, i
       from stored, generate_series(0, $6 - 1) i`,
      [channel, root, count, recipe, state, leaves],
    );
    return { channel, epoch: 7n, root };
  }

  it('owe what is not claimed by the bitmap, and nothing beyond the claims that a slot can mark', async () => {
    const slot = await store('ada', { leaves: 1030 });
    const claimed = new Uint8Array(128);
    // Leaves 0, 9 and 1,023: 1, 10 and 1,024 units.
    for (const index of [0, 9, 1023]) claimed[index >> 3] = (claimed[index >> 3] ?? 0) | (1 << (index & 7));
    const all = (1024n * 1025n) / 2n;
    expect(
      await tables.owed([
        { ...slot, claimed: NOTHING_CLAIMED },
        { ...slot, claimed },
      ]),
    ).toEqual([all, all - 1n - 10n - 1024n]);
  });

  it.each([
    ['a root that is not stored', undefined],
    ['a root whose tree gives other bytes', { leaves: 3, state: 'mismatch' }],
    ['a root whose tree is not made yet', { leaves: 3, state: 'pending' }],
    ['a root of which claims are missing', { leaves: 3, count: 4 }],
    ['a recipe without amounts', { leaves: 3, recipe: 'participation' }],
  ])('do not tell what is owed by %s', async (name, stored) => {
    const slot =
      stored === undefined ? { channel: 'nobody', epoch: 7n, root: 'ff'.repeat(32) } : await store(name, stored);
    expect(await tables.owed([{ ...slot, claimed: NOTHING_CLAIMED }])).toEqual([undefined]);
    // An epoch of the legacy system, and one that no column holds.
    expect(await tables.owed([{ ...slot, epoch: 2n ** 64n - 1n, claimed: NOTHING_CLAIMED }])).toEqual([undefined]);
  });

  it('tell how the tree of a root stands', async () => {
    const slot = await store('grace', { leaves: 2 });
    const root = { ...slot, root: 'ee'.repeat(32) } as Parameters<typeof tables.tree>[0];
    expect(await tables.tree(root)).toBe('otherRoot');
    expect(await tables.tree({ ...root, root: slot.root })).toBe('built');
    expect(await tables.tree({ ...root, channel: 'nobody' })).toBe('missing');
  });
});
