/** What a channel's ring says of a root. Rule: the program refuses an epoch that is not above the one in its ring slot. */

import { baseAbove } from '../../../domain/epoch-schedule.ts';
import type { Ring, RingSlotView } from './ports.ts';
import type { RootToSettle } from './root-job.ts';

export type RingVerdict =
  | { readonly kind: 'publish' }
  /** The slot holds this epoch and this root. */
  | { readonly kind: 'settled' }
  /** The slot holds this epoch and another root: no retry can fix it. */
  | { readonly kind: 'conflict'; readonly rootOnChain: string }
  /** The slot holds a later epoch: the program would answer 6023. */
  | { readonly kind: 'passed'; readonly epochInSlot: bigint; readonly requiredEpochBase: bigint };

const EMPTY_ROOT = '0'.repeat(64);

export function judgeRing({ epoch, root }: Pick<RootToSettle, 'epoch' | 'root'>, ring: Ring): RingVerdict {
  const slot = ring?.[Number(epoch % BigInt(ring.length))] ?? { epoch: 0n, root: EMPTY_ROOT };
  if (isUsed(slot) && slot.epoch === epoch) {
    return slot.root === root ? { kind: 'settled' } : { kind: 'conflict', rootOnChain: slot.root };
  }
  if (epoch > slot.epoch) return { kind: 'publish' };
  return { kind: 'passed', epochInSlot: slot.epoch, requiredEpochBase: requiredEpochBase(ring) };
}

/** The slots of a ring that hold a root. */
export function usedSlots(ring: Ring): RingSlotView[] {
  return (ring ?? []).filter(isUsed);
}

function isUsed({ epoch, root }: RingSlotView): boolean {
  return epoch > 0n || root !== EMPTY_ROOT;
}

/** The least multiple of ten above every epoch in the ring. */
export function requiredEpochBase(ring: Ring): bigint {
  const newest = (ring ?? []).reduce((most, slot) => (slot.epoch > most ? slot.epoch : most), 0n);
  return baseAbove(newest);
}
