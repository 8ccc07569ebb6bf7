/** The tree of a root, made again from the claims in the database. */

import { MerkleTree, type MerkleTreeOptions, participantOf, type Recipe } from '@attention-oracle/sdk';
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
  readonly rowIds: Int32Array;
  readonly leafIndexes: Int32Array;
}

/** How the work on a large root leaves room for other work. */
export interface Portions {
  /** Called again and again while claims are put in order. */
  pause(): Promise<void>;
  /** Hashes claims, in index order. */
  build(claims: readonly StoredClaim[], options: MerkleTreeOptions): Promise<MerkleTree>;
}

const AT_ONCE: Portions = {
  pause: () => Promise.resolve(),
  build: async (claims, options) => new MerkleTree(claims, options),
};

/** Claims between two pauses. */
const PORTION = 10_000;

/**
 * Undefined where there are no claims.
 * @throws AttentionOracleError for a recipe, odd-node rule, address or signature that the SDK refuses.
 */
export async function rebuildTree(
  claims: readonly StoredClaim[],
  root: RootRecipe,
  { pause, build }: Portions = AT_ONCE,
): Promise<RebuiltTree | undefined> {
  if (claims.length === 0) return undefined;
  const sorted = await inCanonicalOrder(claims, pause);
  const tree = await build(sorted, {
    recipe: root.recipe as Recipe,
    oddNode: root.oddNode as 'duplicate' | 'promote',
    channel: root.channel,
    epoch: BigInt(root.epoch),
  });
  const leaves = await leavesOf(sorted, root.recipe, pause);
  return { root: tree.rootHex(), leafCount: tree.size, levels: tree.levels, leaves };
}

/** Slot by slot: the slot comes first in the order, and the claims of one are few. */
async function inCanonicalOrder(claims: readonly StoredClaim[], pause: Portions['pause']): Promise<StoredClaim[]> {
  const bySlot = new Map<number, StoredClaim[]>();
  for (const [i, claim] of claims.entries()) {
    if (i % PORTION === 0) await pause();
    const ofSlot = bySlot.get(claim.slot);
    if (ofSlot === undefined) bySlot.set(claim.slot, [claim]);
    else ofSlot.push(claim);
  }
  const sorted: StoredClaim[] = [];
  let pausedAt = 0;
  for (const slot of [...bySlot.keys()].sort((a, b) => a - b)) {
    for (const claim of sortCanonically(bySlot.get(slot) ?? [])) sorted.push(claim);
    if (sorted.length - pausedAt < PORTION) continue;
    pausedAt = sorted.length;
    await pause();
  }
  return sorted;
}

/** Position in canonical order; with `participation` the position of the user among the users first seen. */
async function leavesOf(sorted: readonly StoredClaim[], recipe: string, pause: Portions['pause']): Promise<Leaves> {
  const rowIds = new Int32Array(sorted.length);
  const leafIndexes = new Int32Array(sorted.length);
  const users = new Map<string, number>();
  for (const [i, { rowId, id }] of sorted.entries()) {
    if (i % PORTION === 0) await pause();
    rowIds[i] = rowId;
    leafIndexes[i] = recipe === 'participation' ? indexOf(users, participantOf(id)) : i;
  }
  return { rowIds, leafIndexes };
}

function indexOf(users: Map<string, number>, user: string): number {
  const index = users.get(user) ?? users.size;
  users.set(user, index);
  return index;
}
