import { MerkleTree, verifyProof } from '@attention-oracle/sdk';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testStack, uniqueName } from '../../tests/testing/stack.ts';
import { silentLogger } from '../logging.ts';
import { migrate } from './migrate.ts';
import { createPool, type Pool } from './pool.ts';
import { readProof } from './proof-reader.ts';
import { chunksOf } from './tree-chunks.ts';

/** More than one chunk, and odd on several levels. */
const LEAVES = 1001;

describe('proofs from stored trees', () => {
  const schema = uniqueName('proofs');
  const leaves = Uint8Array.from({ length: LEAVES * 32 }, (_, i) => (i * 31 + (i >> 5)) % 256);
  let pool: Pool;

  beforeAll(async () => {
    const settings = { DATABASE_URL: testStack().databaseUrl, DATABASE_SCHEMA: schema, DATABASE_POOL_SIZE: 2 };
    pool = createPool(settings, 'proof-test', silentLogger());
    await migrate(pool, schema, silentLogger());
  });
  afterAll(async () => {
    await pool.query(`drop schema ${schema} cascade`);
    await pool.end();
  });

  async function store(tree: MerkleTree, epoch: number): Promise<number> {
    const { rows } = await pool.query<{ id: number }>(
      `insert into roots (epoch, channel, root, count, finalized_at, recipe, odd_node, start_slot, end_slot, finalized_slot,
                          source_partition, source_offset, record_partition, record_offset)
       values ($1, 'ada', $2, $3, now(), 'claim-v0', $4, 0, 9, 20, 0, 0, 0, 0) returning id`,
      [epoch, tree.rootHex(), tree.size, tree.oddNode],
    );
    const rootId = rows[0]?.id ?? 0;
    for (const [level, nodes] of tree.levels.entries()) {
      for (const [chunk, bytes] of chunksOf(nodes).entries()) {
        await pool.query('insert into tree_nodes values ($1, $2, $3, $4)', [rootId, level, chunk, Buffer.from(bytes)]);
      }
    }
    return rootId;
  }

  it.each(['duplicate', 'promote'] as const)('are those of the tree itself (odd nodes: %s)', async (oddNode) => {
    const tree = MerkleTree.fromLeaves(leaves, { oddNode });
    const rootId = await store(tree, oddNode === 'duplicate' ? 1 : 2);
    const wanted = [0, 1, 255, 256, 511, 999, 1000];
    for (const leafIndex of wanted) {
      const { leaf, proof } = await readProof(pool, { rootId, leafCount: LEAVES, oddNode, leafIndex });
      expect(proof).toEqual(tree.proof(leafIndex));
      expect(leaf).toEqual(tree.leaf(leafIndex));
      expect(verifyProof(tree.leaf(leafIndex), [...proof], tree.root())).toBe(true);
    }
  });

  it('are refused for a tree that is not stored, and for a leaf that it does not have', async () => {
    const request = { rootId: 999, leafCount: LEAVES, oddNode: 'duplicate', leafIndex: 5 } as const;
    await expect(readProof(pool, request)).rejects.toMatchObject({ code: 'TREE_MISSING' });
    await expect(readProof(pool, { ...request, leafIndex: LEAVES })).rejects.toMatchObject({
      code: 'LEAF_INDEX_OUT_OF_RANGE',
    });
  });
});
