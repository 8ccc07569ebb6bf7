/** Proofs of claims, as clients get them. */

import { bytesToHex } from '@attention-oracle/sdk';
import type { ClaimView, ProofView, RootView } from '../core/views.ts';
import type { GatewayContext } from './context.ts';
import { readRoot } from './reads.ts';
import { leafByIndex } from './store/claims.ts';

export interface Leaf {
  readonly claim: ClaimView;
  readonly root: RootView;
}

/** The proof of a claim; undefined until its root's tree is stored. Asked for many claims at once, it costs one statement. */
export async function proofOf({ claim, root }: Leaf, context: GatewayContext): Promise<ProofView | undefined> {
  const { index } = claim;
  if (!root.treeBuilt || index === null || index < 0 || index >= root.count || claim.rootId !== root.rowId)
    return undefined;
  const found = await context.proofNodes.load({ root, index });
  if (found === undefined) return undefined;
  return {
    channel: root.channel,
    epoch: root.epoch,
    index,
    user: claim.user,
    amount: claim.amount,
    id: claim.id,
    leaf: bytesToHex(found.leaf),
    proof: found.proof.map(bytesToHex),
    root: root.root,
    recipe: root.recipe,
    oddNode: root.oddNode,
    startSlot: root.startSlot,
    endSlot: root.endSlot,
    settled: root.status === 'SETTLED',
    signature: root.signature,
  };
}

/** The proof of a leaf by its place; undefined where there is no such leaf, or its tree is not stored yet. */
export async function proofAt(
  channel: string,
  epoch: bigint,
  index: number,
  context: GatewayContext,
): Promise<ProofView | undefined> {
  const root = await readRoot(context, channel, epoch);
  if (root === undefined || index < 0 || index >= root.count) return undefined;
  const claim = await context.read(`leaf/${root.rowId}/${index}`, (pool) =>
    leafByIndex(pool, root.rowId, root.channel, root.epoch, index),
  );
  return claim === undefined ? undefined : proofOf({ claim, root }, context);
}

/** The proofs of those whose tree is stored, in the given order. */
export async function proofsOf(leaves: readonly Leaf[], context: GatewayContext): Promise<ProofView[]> {
  const found = await Promise.all(leaves.map((leaf) => proofOf(leaf, context)));
  return found.flatMap((proof) => proof ?? []);
}
