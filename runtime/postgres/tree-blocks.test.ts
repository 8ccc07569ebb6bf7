import { MerkleTree } from '@attention-oracle/sdk';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  BLOCK_LEVELS,
  type BlockPlace,
  blockOf,
  blocksOfLeaf,
  type LevelPart,
  proofFromBlocks,
} from './tree-blocks.ts';
import { NODE_BYTES, NODES_PER_CHUNK } from './tree-chunks.ts';

/** The parts of a block as they stand in the whole tree. */
function partsOf(tree: MerkleTree, { base, block }: BlockPlace): LevelPart[] {
  return Array.from({ length: BLOCK_LEVELS }, (_, step): LevelPart => {
    const bytes = (NODES_PER_CHUNK / 2 ** step) * NODE_BYTES;
    return { step, nodes: tree.levels[base + step]?.slice(block * bytes, (block + 1) * bytes) ?? new Uint8Array() };
  }).filter(({ nodes }) => nodes.length > 0);
}

function treeOf(leafCount: number, oddNode: 'duplicate' | 'promote'): MerkleTree {
  const leaves = Uint8Array.from({ length: leafCount * NODE_BYTES }, (_, at) => (at * 31 + (at >> 5) * 7) % 256);
  return MerkleTree.fromLeaves(leaves, { oddNode });
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('blocks of a tree', () => {
  it.each([1, 2, 3, 255, 256, 257, 511, 513, 1000, 65_537])('hold whole proofs of a tree of %i leaves', (leafCount) => {
    for (const oddNode of ['duplicate', 'promote'] as const) {
      const tree = treeOf(leafCount, oddNode);
      fc.assert(
        fc.property(fc.nat({ max: leafCount - 1 }), (leafIndex) => {
          const leaf = { leafCount, oddNode, leafIndex };
          const places = blocksOfLeaf(leaf);
          const blocks = places.map((place) => blockOf(leafCount, place, partsOf(tree, place)));
          if (blocks.some((block) => block === undefined)) throw new Error('a block is not whole');
          expect(proofFromBlocks(leaf, blocks as never)).toEqual({
            leaf: hex(tree.leaf(leafIndex)),
            proof: tree.proof(leafIndex).map(hex),
          });
          expect(places.length).toBe(Math.max(1, Math.ceil(Math.ceil(Math.log2(leafCount)) / BLOCK_LEVELS)));
        }),
        { numRuns: 20, examples: [[0], [leafCount - 1]] },
      );
    }
  });

  it('are none where a level is missing or shorter than the tree says', () => {
    const tree = treeOf(300, 'duplicate');
    const place = { base: 0, block: 1 };
    const parts = partsOf(tree, place);
    expect(blockOf(300, place, parts)).toBeDefined();
    expect(blockOf(300, place, parts.slice(1))).toBeUndefined();
    expect(blockOf(301, place, parts)).toBeUndefined();
    expect(blockOf(300, place, [{ step: 0, nodes: new Uint8Array(NODE_BYTES) }, ...parts.slice(1)])).toBeUndefined();
  });
});
