import { type ChannelState, isClaimed, ringSlotOf } from '../accounts/channel-state.ts';
import { AttentionOracleError } from '../errors.ts';
import { toU64 } from '../merkle/integers.ts';
import { computeClaimLeaf } from '../merkle/leaves.ts';
import { verifyProof } from '../merkle/proof.ts';
import { claimChannelOpen, claimChannelOpenWithReceipt } from '../program/instruction-builders.ts';
import type { ProgramInstruction } from '../program/program-instruction.ts';
import type { Deployment } from './chain-accounts.ts';
import type { ClaimInput } from './client-types.ts';

/**
 * Refuses a claim that the program would refuse.
 * @throws AttentionOracleError EPOCH_NOT_PUBLISHED, EPOCH_PASSED, INDEX_OUT_OF_RANGE, ALREADY_CLAIMED, PROOF_INVALID
 */
export function requireClaimable(state: ChannelState | null, input: ClaimInput): void {
  const { channel, index, amount, id, proof } = input;
  const epoch = toU64(input.epoch, 'epoch');
  const context = { channel, epoch: epoch.toString(), index };
  const slot = state === null ? null : ringSlotOf(state, epoch);
  if (slot === null || slot.epoch < epoch) {
    const message = `${channel} has no root for epoch ${epoch} yet: wait until it is published`;
    throw new AttentionOracleError('EPOCH_NOT_PUBLISHED', message, context);
  }
  if (slot.epoch > epoch) {
    const message = `epoch ${epoch} has left the ring of ${channel}: it can no longer be claimed`;
    throw new AttentionOracleError('EPOCH_PASSED', message, context);
  }
  if (isClaimed(slot, index)) {
    throw new AttentionOracleError('ALREADY_CLAIMED', 'this claim was paid before: nothing is left to do', context);
  }
  const leaf = computeClaimLeaf({ claimer: input.claimer.publicKey, index, amount: BigInt(amount), id });
  if (verifyProof(leaf, [...proof], slot.root)) return;
  throw new AttentionOracleError(
    'PROOF_INVALID',
    'the proof does not lead to the root on chain: fetch it again, and give claimer, index, amount and id as in the leaf',
    context,
  );
}

/** The instruction of a claim, with or without a receipt. */
export function claimInstruction({ mint, programId }: Deployment, input: ClaimInput): ProgramInstruction {
  const { channel, epoch, index, amount, id, proof, mintReceipt } = input;
  const claimer = input.claimer.publicKey;
  const claim = { claimer, mint, channel, epoch, index, amount, id, proof: [...proof], programId };
  return mintReceipt === undefined ? claimChannelOpen(claim) : claimChannelOpenWithReceipt({ ...claim, mintReceipt });
}
