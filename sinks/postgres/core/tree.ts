/** The tree of a root, made again from the claims in the database. */

import { MerkleTree, participantOf, type Recipe } from '@attention-oracle/sdk';
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
  /** Leaf of each claim. */
  readonly leaves: readonly { readonly rowId: number; readonly leafIndex: number }[];
}

/**
 * Undefined where there are no claims.
 * @throws AttentionOracleError for a recipe, odd-node rule, address or signature that the SDK refuses.
 */
export function rebuildTree(claims: readonly StoredClaim[], root: RootRecipe): RebuiltTree | undefined {
  if (claims.length === 0) return undefined;
  const sorted = sortCanonically(claims);
  const tree = new MerkleTree(sorted, {
    recipe: root.recipe as Recipe,
    oddNode: root.oddNode as 'duplicate' | 'promote',
    channel: root.channel,
    epoch: BigInt(root.epoch),
  });
  return { root: tree.rootHex(), leafCount: tree.size, levels: tree.levels, leaves: leavesOf(sorted, root.recipe) };
}

/** Position in canonical order; with `participation` the position of the user among the users first seen. */
function leavesOf(sorted: readonly StoredClaim[], recipe: string): RebuiltTree['leaves'] {
  if (recipe !== 'participation') return sorted.map(({ rowId }, leafIndex) => ({ rowId, leafIndex }));
  const users = new Map<string, number>();
  return sorted.map(({ rowId, id }) => {
    const user = participantOf(id);
    const leafIndex = users.get(user) ?? users.size;
    users.set(user, leafIndex);
    return { rowId, leafIndex };
  });
}
