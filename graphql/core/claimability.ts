/** Whether the program would accept a claim, by the state of its accounts. Pure. */

import { bytesToHex, type ChannelState, isClaimed, type ProtocolState, ringSlotOf } from '@attention-oracle/sdk';
import type { NotClaimable } from '../schema-types.generated.ts';
import type { ProofView } from './views.ts';

/** The accounts that decide, as of one slot; null where there is none. */
export interface ClaimAccounts {
  readonly channel: ChannelState | null;
  readonly protocol: ProtocolState | null;
  /** What the treasury holds, base units; null where it has no token account. */
  readonly treasuryAmount: bigint | null;
}

/** Why a claim would not be accepted, or why that cannot be told. */
export interface Refusal {
  readonly claimable: false | null;
  readonly reason: NotClaimable;
}

const refused = (reason: NotClaimable): Refusal => ({ claimable: false, reason });

/** The one recipe whose leaves the program makes again. */
const CLAIMABLE_RECIPE = 'claim-v0';

/** @returns undefined where the claim would be accepted. */
export function refusalOf(
  proof: Pick<ProofView, 'epoch' | 'root' | 'index' | 'amount' | 'recipe'>,
  accounts: ClaimAccounts,
): Refusal | undefined {
  const { channel, protocol, treasuryAmount } = accounts;
  if (proof.recipe !== CLAIMABLE_RECIPE) return refused('RECIPE_NOT_CLAIMABLE');
  if (channel === null) return refused('ROOT_NOT_PUBLISHED');
  if (proof.index >= channel.layout.claimsPerSlot) return refused('INDEX_TOO_HIGH');
  const slot = ringSlotOf(channel, proof.epoch);
  if (slot.epoch > proof.epoch) return refused('ROOT_LEFT_RING');
  // A slot that was never used is all zeros, and so looks as if it held epoch 0.
  if (slot.epoch < proof.epoch || slot.root.every((byte) => byte === 0)) return refused('ROOT_NOT_PUBLISHED');
  if (bytesToHex(slot.root) !== proof.root) return refused('ROOT_DIFFERS');
  if (isClaimed(slot, proof.index)) return refused('ALREADY_CLAIMED');
  if (protocol === null) return { claimable: null, reason: 'ACCOUNT_UNREADABLE' };
  if (protocol.paused) return refused('PROGRAM_PAUSED');
  if ((treasuryAmount ?? 0n) < proof.amount) return refused('TREASURY_TOO_SMALL');
  return protocol.requireReceipt ? { claimable: null, reason: 'RECEIPT_REQUIRED' } : undefined;
}
