/** Proofs of claims, as clients get them. */

import type { HexProof } from '../../runtime/postgres/tree-blocks.ts';
import type { ClaimView, ProofView, TreeView } from '../core/views.ts';
import type { GatewayContext } from './context.ts';
import { readRoot } from './reads.ts';
import { leafByIndex } from './store/claims.ts';

/**
 * The proof of a claim; null until its root's tree is stored. Asked for many claims at once, it costs one statement; of a tree that
 * was read before none, and no promise: a page of claims has many.
 */
export function proofOf(claim: ClaimView, context: GatewayContext): ProofView | null | Promise<ProofView | null> {
  const { index, tree } = claim;
  if (tree === null || !tree.treeBuilt || index === null || index < 0 || index >= tree.count) return null;
  const known = context.knownProof({ root: tree, index });
  if (known !== undefined) return proofView(claim, tree, index, known);
  return context.proofNodes
    .load({ root: tree, index })
    .then((found) => (found === undefined ? null : proofView(claim, tree, index, found)));
}

function proofView(claim: ClaimView, tree: TreeView, index: number, { leaf, proof }: HexProof): ProofView {
  return {
    channel: tree.channel,
    epoch: tree.epoch,
    index,
    user: claim.user,
    amount: claim.amount,
    id: claim.id,
    leaf,
    proof,
    root: tree.root,
    recipe: tree.recipe,
    oddNode: tree.oddNode,
    startSlot: tree.startSlot,
    endSlot: tree.endSlot,
    settled: tree.status === 'SETTLED',
    signature: tree.signature,
  };
}

/** The proof of a leaf by its place; null where there is no such leaf, or its tree is not stored yet. */
export async function proofAt(
  channel: string,
  epoch: bigint,
  index: number,
  context: GatewayContext,
): Promise<ProofView | null> {
  const root = await readRoot(context, channel, epoch);
  if (root === undefined || index < 0 || index >= root.count) return null;
  const claim = await context.read(`leaf/${root.rowId}/${index}`, (pool) =>
    leafByIndex(pool, root.rowId, root.channel, root.epoch, index),
  );
  return claim === undefined ? null : proofOf(claim, context);
}

/** The proofs of those whose tree is stored, in the given order. */
export async function proofsOf(claims: readonly ClaimView[], context: GatewayContext): Promise<ProofView[]> {
  const found = await Promise.all(claims.map((claim) => Promise.resolve(proofOf(claim, context))));
  return found.flatMap((proof) => proof ?? []);
}
