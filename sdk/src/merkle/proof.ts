import { HASH_BYTES } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { activeKernel } from '../keccak/active-kernel.ts';
import { expectHash } from './leaves.ts';
import { levelSizes, type OddNode } from './levels.ts';

/** Where a node lies: level 0 holds the leaves. */
export interface NodePosition {
  readonly level: number;
  readonly index: number;
}

/**
 * The nodes that make up the proof of leaf `index`, from the leaf up: what a store of levels must read, and no more.
 * @throws AttentionOracleError LEAF_INDEX_OUT_OF_RANGE
 */
export function proofPositions(leafCount: number, index: number, oddNode: OddNode): NodePosition[] {
  if (!Number.isInteger(index) || index < 0 || index >= leafCount) {
    throw new AttentionOracleError(
      'LEAF_INDEX_OUT_OF_RANGE',
      `leaf index ${String(index)} is outside a tree of ${leafCount} leaves`,
      { index, leafCount },
    );
  }
  const positions: NodePosition[] = [];
  const sizes = levelSizes(leafCount);
  let at = index;
  for (let level = 0; level < sizes.length - 1; level++) {
    const isLonely = at === (sizes[level] as number) - 1 && at % 2 === 0;
    if (!isLonely) positions.push({ level, index: at ^ 1 });
    else if (oddNode === 'duplicate') positions.push({ level, index: at });
    at >>>= 1;
  }
  return positions;
}

/**
 * The root that a leaf and its proof come to: each sibling in turn is put in byte order with the node and hashed.
 * @throws AttentionOracleError HASH_LENGTH_INVALID
 */
export function rootOfProof(leaf: Uint8Array, proof: readonly Uint8Array[]): Uint8Array {
  expectHash(leaf, 'leaf');
  const kernel = activeKernel();
  const pair = new Uint8Array(2 * HASH_BYTES);
  const node = leaf.slice();
  for (const sibling of proof) {
    expectHash(sibling, 'proof node');
    pair.set(node, 0);
    pair.set(sibling, HASH_BYTES);
    kernel.hashPairs(pair, 1, node);
  }
  return node;
}

/**
 * Whether the leaf is in the tree with this root, by the program's own rule.
 * @throws AttentionOracleError HASH_LENGTH_INVALID when leaf, root or a proof node has not 32 bytes.
 */
export function verifyProof(leaf: Uint8Array, proof: readonly Uint8Array[], root: Uint8Array): boolean {
  expectHash(root, 'root');
  const computed = rootOfProof(leaf, proof);
  return computed.every((byte, i) => byte === root[i]);
}
