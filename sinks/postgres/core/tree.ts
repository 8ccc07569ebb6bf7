/** The tree of a root, made again from the claims in the database. */

import { LeafHasher, MerkleTree, type OddNode, type Recipe, type TreeShape } from '@attention-oracle/sdk';
import { sortCanonically } from '../../../domain/counted-claim.ts';

/** A claim as the database holds it. */
export interface StoredClaim {
  /** claims.id */
  readonly rowId: number;
  readonly eventId: string;
  readonly slot: number;
  readonly signature: string;
  readonly claimer: string;
  readonly amount: bigint;
  readonly id: string;
}

/** What a root says about its tree. */
export interface RootRecipe {
  readonly channel: string;
  readonly epoch: number;
  readonly recipe: string;
  readonly oddNode: string;
}

export interface RebuiltTree {
  readonly root: string;
  readonly leafCount: number;
  readonly levels: readonly Uint8Array[];
  readonly leaves: Leaves;
}

/** Leaf of each claim: the claim at a place of one list has the leaf at the same place of the other. */
export interface Leaves {
  /** claims.id */
  readonly rowIds: readonly number[];
  readonly leafIndexes: readonly number[];
}

/** Hashes leaves, 32 bytes each and end to end, into a tree. */
export type BuildTree = (leaves: Uint8Array, options: TreeShape) => Promise<MerkleTree>;

/** Claims that are hashed without other work between them. */
const PORTION = 2000;

/**
 * Undefined where there are no claims.
 * @param claims Portion by portion, ascending by slot; in any order within one. Only those of a slot are held at once.
 * @throws AttentionOracleError for a recipe, odd-node rule, address or signature that the SDK refuses.
 */
export async function rebuildTree(
  claims: AsyncIterable<readonly StoredClaim[]>,
  root: RootRecipe,
  build: BuildTree = async (leaves, options) => MerkleTree.fromLeaves(leaves, options),
): Promise<RebuiltTree | undefined> {
  const { channel, recipe, oddNode } = root;
  const hasher = new LeafHasher({ recipe: recipe as Recipe, channel, epoch: BigInt(root.epoch) });
  const rowIds: number[] = [];
  const leafIndexes: number[] = [];
  for await (const ofSlots of wholeSlots(claims)) {
    const sorted = sortCanonically(ofSlots);
    for (const { rowId } of sorted) rowIds.push(rowId);
    for (const index of hasher.add(sorted)) leafIndexes.push(index);
  }
  if (rowIds.length === 0) return undefined;
  const tree = await build(hasher.leaves(), { oddNode: oddNode as OddNode });
  return { root: tree.rootHex(), leafCount: tree.size, levels: tree.levels, leaves: { rowIds, leafIndexes } };
}

/** Portions that end with the last claim of a slot. */
async function* wholeSlots(claims: AsyncIterable<readonly StoredClaim[]>): AsyncGenerator<readonly StoredClaim[]> {
  let open: StoredClaim[] = [];
  for await (const portion of claims) {
    for (const claim of portion) {
      if (open.length >= PORTION && open.at(-1)?.slot !== claim.slot) {
        yield open;
        open = [];
      }
      open.push(claim);
    }
  }
  if (open.length > 0) yield open;
}
