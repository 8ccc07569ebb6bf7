/** Why a user's claims would be refused. */

import { adviceFor } from '../core/advice.ts';
import type { NotClaimable } from '../schema-types.generated.ts';
import type { GatewayContext } from './context.ts';
import { proofOf } from './proofs.ts';
import { readRoot } from './reads.ts';
import { leavesOfUser } from './store/claims.ts';

export interface ClaimRefusalView {
  readonly index: number | null;
  readonly reason: NotClaimable;
  readonly claimable: boolean | null;
  readonly programError: number | null;
  readonly whatToDo: string;
}

/** One entry a leaf that would not be accepted, or of which that cannot be told. */
export async function whyNotClaimable(
  user: string,
  channel: string,
  epoch: bigint,
  context: GatewayContext,
): Promise<ClaimRefusalView[]> {
  const root = await readRoot(context, channel, epoch);
  if (root === undefined) return [refusal(null, 'NO_ROOT')];
  const leaves = await context.read(`leaves/${user}/${root.rowId}`, (pool) =>
    leavesOfUser(pool, root.rowId, user, root.channel, root.epoch),
  );
  // Whose leaf it is is stored before the tree is, but not before the root.
  if (leaves.length === 0)
    return [root.treeBuilt ? refusal(null, 'NOT_IN_ROOT') : refusal(null, 'PROOF_NOT_STORED', null)];
  const found = await Promise.all(
    leaves.map(async (claim): Promise<ClaimRefusalView[]> => {
      const proof = await proofOf(claim, context);
      if (proof === null) return [refusal(claim.index, 'PROOF_NOT_STORED', null)];
      const { claimable, reason, programError } = await context.claimability.load(proof);
      return reason == null ? [] : [refusal(claim.index, reason, claimable ?? null, programError ?? null)];
    }),
  );
  return found.flat();
}

function refusal(
  index: number | null,
  reason: NotClaimable,
  claimable: boolean | null = false,
  programError: number | null = null,
): ClaimRefusalView {
  return { index, reason, claimable, programError, whatToDo: adviceFor(reason) };
}
