import { base58Encode, MerkleTree } from '@attention-oracle/sdk';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sortCanonically } from '../../domain/counted-claim.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { rebuildTree, type StoredClaim } from './core/tree.ts';
import { buildNextTree } from './io/build-tree.ts';
import { createTestDatabase, type TestDatabase } from './testing/database.ts';

const CLAIMS = 20_000;
const CHANNEL = "o'brien";
const EPOCH = 100;

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase('large_tree');
});
afterAll(() => database.drop());

/** Many claims of 300 slots, in no order; several instructions of one signature among them. */
function manyClaims(): StoredClaim[] {
  const claimers = Array.from({ length: 97 }, (_, n) => base58Encode(new Uint8Array(32).fill(n + 1)));
  return Array.from({ length: CLAIMS }, (_, n) => {
    const mixed = Math.imul(n + 1, 2_654_435_761) >>> 0;
    const bytes = new Uint8Array(64);
    new DataView(bytes.buffer).setUint32(mixed % 3 === 0 ? 0 : 40, mixed >>> 1);
    new DataView(bytes.buffer).setUint32(60, n >>> 1);
    const signature = base58Encode(bytes);
    const claimer = claimers[n % 97] as string;
    return {
      ...{ rowId: n + 1, eventId: `${signature}/${n % 2}.${n % 12}`, slot: (n >>> 1) % 300, signature, claimer },
      ...{ amount: BigInt(mixed), id: `twitch:obrien:fan${n % 9001}` },
    };
  });
}

const claims = manyClaims();

/** Portions that end anywhere in a slot. */
async function* inPortions(sorted: readonly StoredClaim[]): AsyncGenerator<readonly StoredClaim[]> {
  for (let start = 0; start < sorted.length; start += 777) yield sorted.slice(start, start + 777);
}

describe('a root of many claims', () => {
  it.each(['claim-v0', 'claim-v1', 'participation'])(
    'is made portion by portion as it is made at once (%s)',
    async (recipe) => {
      const options = { recipe: recipe as 'claim-v0', oddNode: 'duplicate', channel: 'obrien', epoch: 100n } as const;
      const root = { channel: 'obrien', epoch: EPOCH, recipe, oddNode: 'duplicate' };
      const tree = await rebuildTree(inPortions(claims.toSorted((a, b) => a.slot - b.slot)), root);
      const sorted = sortCanonically(claims);
      expect(tree?.root).toBe(new MerkleTree(sorted, options).rootHex());
      expect(tree?.leaves.rowIds).toEqual(sorted.map(({ rowId }) => rowId));
      if (recipe !== 'participation') expect(tree?.leaves.leafIndexes).toEqual([...sorted.keys()]);
      else expect(new Set(tree?.leaves.leafIndexes).size).toBe(9001);
    },
  );

  it('is built from the rows beside other work, and every claim gets its leaf', async () => {
    const sorted = sortCanonically(claims);
    const root = new MerkleTree(sorted, { recipe: 'claim-v0', oddNode: 'duplicate' }).rootHex();
    const { pool } = database;
    await pool.query(
      `insert into claims (id, channel, user_pubkey, slot, event_id, signature, epoch, amount, claim_id, commitment, proven, vouchers,
         stream_partition, stream_offset, proven_offset)
       select id, $1, claimer, slot, event, signature, $2, amount, claim, 'finalized', true, '{}', 0, id, id
       from unnest($3::int[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::numeric[], $9::text[])
         as u(id, claimer, slot, event, signature, amount, claim)`,
      [
        ...[CHANNEL, EPOCH],
        ...[claims.map(({ rowId }) => rowId), claims.map(({ claimer }) => claimer), claims.map(({ slot }) => slot)],
        ...[claims.map(({ eventId }) => eventId), claims.map(({ signature }) => signature)],
        ...[claims.map(({ amount }) => amount.toString()), claims.map(({ id }) => id)],
      ],
    );
    await pool.query(
      `insert into roots (epoch, channel, root, count, finalized_at, recipe, odd_node, start_slot, end_slot, finalized_slot,
         source_partition, source_offset, record_partition, record_offset)
       values ($2, $1, $3, $4::int, now(), 'claim-v0', 'duplicate', 0, 299, 400, 0, $4::int, 0, 0)`,
      [CHANNEL, EPOCH, root, CLAIMS],
    );
    await pool.query(
      "insert into sink_offsets (topic, partition, next_offset, highest_offset) values ('s', 0, $1, $1)",
      [CLAIMS + 1],
    );
    expect(await buildNextTree(pool, 's', silentLogger(), new AbortController().signal)).toBe('built');
    const { rows } = await pool.query<{ id: number }>(
      "select id from claims where status = 'included' order by leaf_index",
    );
    expect(rows.map(({ id }) => id)).toEqual(sorted.map(({ rowId }) => rowId));
  });
});
