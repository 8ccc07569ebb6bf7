import { bytesToHex, HASH_BYTES } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { activeKernel } from '../keccak/active-kernel.ts';
import { type Claim, expectHash } from './leaves.ts';
import { allocateLevels, hashLevels, levelSizes, type OddNode } from './levels.ts';
import { proofPositions } from './proof.ts';
import { hashLeaves, planLeaves, type RecipeOptions } from './recipes.ts';

/** How odd levels are treated; `duplicate` unless told otherwise. */
export interface TreeShape {
  readonly oddNode?: OddNode;
}

/** A recipe and a shape: together they say which root the claims have. */
export type MerkleTreeOptions = RecipeOptions & TreeShape;

/**
 * A Keccak Merkle tree over claims. All nodes are kept, flat: 64 bytes a leaf and no object per node.
 *
 * @example
 * const tree = new MerkleTree([{ claimer: wallet, amount: 5_000n, id: 'twitch:lofi:ann' }]);
 * verifyProof(tree.leaf(0), tree.proof(0), tree.root()); // true
 */
export class MerkleTree {
  /** Nodes by level, 32 bytes each, end to end; level 0 holds the leaves, the last one the root. Do not write to it. */
  readonly levels: readonly Uint8Array[];
  /** Number of leaves. */
  readonly size: number;
  readonly oddNode: OddNode;

  /**
   * Hashes the claims, given in index order, into a tree.
   * @throws AttentionOracleError TREE_EMPTY, RECIPE_UNKNOWN, RECIPE_OPTION_MISSING, ODD_NODE_UNKNOWN,
   * CLAIM_INDEX_MISMATCH, ADDRESS_INVALID, BASE58_INVALID, U64_OUT_OF_RANGE
   */
  constructor(claims: readonly Claim[], options?: MerkleTreeOptions);
  /** @internal Takes over levels that are already hashed. */
  constructor(levels: HashedLevels, options?: TreeShape);
  constructor(source: readonly Claim[] | HashedLevels, options: MerkleTreeOptions = {}) {
    this.oddNode = knownOddNode(options.oddNode);
    this.levels = source instanceof HashedLevels ? source.levels : hashClaims(source, options, this.oddNode);
    this.size = (this.levels[0] as Uint8Array).length / HASH_BYTES;
  }

  /**
   * Hashes ready leaves, given end to end in one Uint8Array or one by one, into a tree. They are copied.
   * @throws AttentionOracleError TREE_EMPTY, LEAVES_LENGTH_INVALID, HASH_LENGTH_INVALID, ODD_NODE_UNKNOWN
   */
  static fromLeaves(leaves: Uint8Array | readonly Uint8Array[], options: TreeShape = {}): MerkleTree {
    const levels = allocateLevels(countLeaves(leaves));
    const first = levels[0] as Uint8Array;
    if (leaves instanceof Uint8Array) first.set(leaves);
    else {
      for (const [i, leaf] of leaves.entries()) {
        expectHash(leaf, 'leaf');
        first.set(leaf, i * HASH_BYTES);
      }
    }
    hashLevels(activeKernel(), levels, knownOddNode(options.oddNode));
    return new MerkleTree(new HashedLevels(levels), options);
  }

  /**
   * Takes stored levels back without hashing and without copying: their sizes are checked, their contents are trusted.
   * @throws AttentionOracleError TREE_EMPTY, LEAVES_LENGTH_INVALID, LEVELS_INVALID, ODD_NODE_UNKNOWN
   */
  static fromLevels(levels: readonly Uint8Array[], options: TreeShape = {}): MerkleTree {
    const sizes = levelSizes(countLeaves(levels[0] ?? new Uint8Array(0)));
    const isWhole = levels.length === sizes.length && sizes.every((size, i) => levels[i]?.length === size * HASH_BYTES);
    if (!isWhole) {
      throw new AttentionOracleError(
        'LEVELS_INVALID',
        'each level must hold half of the nodes below it, up to the root',
        {
          expectedBytes: sizes.map((size) => size * HASH_BYTES),
          bytes: levels.map((level) => level.length),
        },
      );
    }
    return new MerkleTree(new HashedLevels([...levels]), options);
  }

  /** The root, 32 bytes, a copy. */
  root(): Uint8Array {
    return (this.levels[this.levels.length - 1] as Uint8Array).slice();
  }

  /** The root as 64 lower-case hexadecimal digits, without 0x. */
  rootHex(): string {
    return bytesToHex(this.root());
  }

  /**
   * The leaf at an index, 32 bytes, a copy.
   * @throws AttentionOracleError LEAF_INDEX_OUT_OF_RANGE
   */
  leaf(index: number): Uint8Array {
    proofPositions(this.size, index, this.oddNode);
    return this.node(0, index);
  }

  /**
   * The siblings from the leaf up, as the program takes them: 32 bytes each, copies.
   * @throws AttentionOracleError LEAF_INDEX_OUT_OF_RANGE
   */
  proof(index: number): Uint8Array[] {
    return proofPositions(this.size, index, this.oddNode).map((at) => this.node(at.level, at.index));
  }

  private node(level: number, index: number): Uint8Array {
    return (this.levels[level] as Uint8Array).slice(index * HASH_BYTES, (index + 1) * HASH_BYTES);
  }
}

/** Levels known to be whole and hashed. @internal */
export class HashedLevels {
  readonly levels: readonly Uint8Array[];

  constructor(levels: readonly Uint8Array[]) {
    this.levels = levels;
  }
}

function hashClaims(claims: readonly Claim[], options: RecipeOptions, oddNode: OddNode): readonly Uint8Array[] {
  const plan = planLeaves(claims, options);
  if (plan.leafCount === 0) throw emptyTree();
  const levels = allocateLevels(plan.leafCount);
  hashLeaves(activeKernel(), plan, levels[0] as Uint8Array);
  hashLevels(activeKernel(), levels, oddNode);
  return levels;
}

/** @internal */
export function countLeaves(leaves: Uint8Array | readonly Uint8Array[]): number {
  const count = leaves instanceof Uint8Array ? leaves.length / HASH_BYTES : leaves.length;
  if (count === 0) throw emptyTree();
  if (Number.isInteger(count)) return count;
  throw new AttentionOracleError('LEAVES_LENGTH_INVALID', `leaves must come to a multiple of ${HASH_BYTES} bytes`, {
    length: leaves.length,
  });
}

/** @internal */
export function emptyTree(): AttentionOracleError {
  return new AttentionOracleError('TREE_EMPTY', 'a tree needs at least one leaf: no leaves have no root');
}

/** The rule, `duplicate` unless given. @internal */
export function knownOddNode(oddNode: OddNode = 'duplicate'): OddNode {
  if (oddNode === 'duplicate' || oddNode === 'promote') return oddNode;
  throw new AttentionOracleError('ODD_NODE_UNKNOWN', `oddNode must be duplicate or promote, not ${String(oddNode)}`, {
    oddNode,
  });
}
