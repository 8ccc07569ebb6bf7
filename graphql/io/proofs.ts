/** Proofs of leaves, from the stored trees, several in one query. */

import { bytesToHex } from '@attention-oracle/sdk';
import type { Pool } from '../../runtime/postgres/pool.ts';
import { readProofs } from '../../runtime/postgres/proof-reader.ts';
import type { ClaimView, RootView } from '../core/views.ts';
import type { ClaimProof } from '../schema-types.generated.ts';

/** Claims that a ring slot of the program's channel account holds (size of its bitmap). */
const RING_SLOT_CLAIMS = 1024;

export interface Leaf {
  readonly claim: ClaimView;
  readonly root: RootView;
}

/** The proofs of those leaves whose tree is stored, in the given order. */
export async function proofsOf(pool: Pool, leaves: readonly Leaf[]): Promise<ClaimProof[]> {
  const stored = leaves.flatMap(({ claim, root }) =>
    root.treeBuilt && claim.index !== null && claim.rootId === root.rowId ? [{ claim, root, index: claim.index }] : [],
  );
  const proofs = await readProofs(
    pool,
    stored.map(({ root, index }) => ({
      rootId: root.rowId,
      leafCount: root.count,
      oddNode: root.oddNode === 'PROMOTE' ? 'promote' : 'duplicate',
      leafIndex: index,
    })),
  );
  return stored.flatMap(({ claim, root, index }, position) => {
    const found = proofs[position];
    if (found === undefined) return [];
    const settled = root.status === 'SETTLED';
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
      settled,
      claimable: settled && index < RING_SLOT_CLAIMS,
      signature: root.signature,
    };
  });
}
