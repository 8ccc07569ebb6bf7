/** Whether the program would accept a claim, by the state of its accounts. Pure. */

import {
  bytesToHex,
  type ChannelState,
  isClaimed,
  PROGRAM_ERRORS,
  type ProtocolState,
  ringSlotOf,
} from '@attention-oracle/sdk';
import type { Pace } from '../../domain/cluster-pace.ts';
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
  /** The program's error number; null where it is not the program's own, or nobody knows. */
  readonly programError: number | null;
}

const refused = (reason: NotClaimable, error?: string): Refusal => ({
  claimable: false,
  reason,
  programError: PROGRAM_ERRORS.find(({ name }) => name === error)?.code ?? null,
});
const unknown = (reason: NotClaimable): Refusal => ({ claimable: null, reason, programError: null });

/** The one recipe whose leaves the program makes again. */
const CLAIMABLE_RECIPE = 'claim-v0';

/** @returns undefined where the claim would be accepted. */
export function refusalOf(
  proof: Pick<ProofView, 'epoch' | 'root' | 'index' | 'amount' | 'recipe'>,
  accounts: ClaimAccounts,
): Refusal | undefined {
  const { channel, protocol, treasuryAmount } = accounts;
  if (proof.recipe !== CLAIMABLE_RECIPE) return refused('RECIPE_NOT_CLAIMABLE', 'InvalidProof');
  if (channel === null) return refused('ROOT_NOT_PUBLISHED');
  if (proof.index >= channel.layout.claimsPerSlot) return refused('INDEX_TOO_HIGH', 'InvalidIndex');
  const slot = ringSlotOf(channel, proof.epoch);
  if (slot.epoch > proof.epoch) return refused('ROOT_LEFT_RING', 'SlotMismatch');
  if (slot.epoch < proof.epoch) return refused('ROOT_NOT_PUBLISHED', 'SlotMismatch');
  // A slot that was never used is all zeros, and so looks as if it held epoch 0.
  if (slot.root.every((byte) => byte === 0)) return refused('ROOT_NOT_PUBLISHED');
  if (bytesToHex(slot.root) !== proof.root) return refused('ROOT_DIFFERS', 'InvalidProof');
  if (isClaimed(slot, proof.index)) return refused('ALREADY_CLAIMED', 'AlreadyClaimed');
  if (protocol === null) return unknown('ACCOUNT_UNREADABLE');
  if (protocol.paused) return refused('PROGRAM_PAUSED', 'ProtocolPaused');
  if ((treasuryAmount ?? 0n) < proof.amount) return refused('TREASURY_TOO_SMALL');
  return protocol.requireReceipt ? unknown('RECEIPT_REQUIRED') : undefined;
}

/** Until when the ring holds a root. */
export interface RingEnd {
  /** The epoch whose root takes its place. */
  readonly replacedByEpoch: bigint;
  /** About when that epoch is over, and its root can be published; null while the pace of the cluster is not known. */
  readonly replacedAbout: Date | null;
}

const MAX_DATE_MS = 8.64e15;

/**
 * @param now Slot and time of the accounts, and what a slot takes.
 * @returns undefined where the ring does not hold the root.
 */
export function ringEndOf(
  proof: Pick<ProofView, 'epoch' | 'root' | 'startSlot' | 'endSlot'>,
  { channel }: Pick<ClaimAccounts, 'channel'>,
  now: { readonly slot: bigint; readonly at: Date; readonly pace: Pace },
): RingEnd | undefined {
  if (channel === null) return undefined;
  const slot = ringSlotOf(channel, proof.epoch);
  if (slot.epoch !== proof.epoch || bytesToHex(slot.root) !== proof.root) return undefined;
  const epochs = BigInt(channel.ring.length);
  const lastSlot = proof.endSlot + epochs * (proof.endSlot - proof.startSlot + 1n);
  const aboutMs = now.at.getTime() + Math.max(0, Number(lastSlot - now.slot)) * (now.pace.slotMs ?? Number.NaN);
  return {
    replacedByEpoch: proof.epoch + epochs,
    replacedAbout: aboutMs <= MAX_DATE_MS ? new Date(aboutMs) : null,
  };
}
