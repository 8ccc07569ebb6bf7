/** Epochs by slot: epoch = base + floor(slot / durationSlots). Pure. */

import type { SlotRange } from './slot-ranges.ts';

export interface EpochSchedule {
  /** Slots of an epoch. */
  readonly durationSlots: number;
  /** Added to every epoch number, so that numbering goes on above what the program's ring already holds. */
  readonly base: bigint;
}

/** The ring of the known builds has ten slots; bases that are multiples of it keep an epoch in its slot. */
export const BASE_STEP = 10n;

/** The least base above an epoch that a ring holds. */
export function baseAbove(newestEpoch: bigint): bigint {
  return (newestEpoch / BASE_STEP + 1n) * BASE_STEP;
}

/** Which epoch a slot is in, counted from the first slot of the chain. */
export function epochIndexOfSlot({ durationSlots }: Pick<EpochSchedule, 'durationSlots'>, slot: number): number {
  return Math.floor(slot / durationSlots);
}

/** The number that the epoch of a slot goes by. */
export function epochOfSlot(schedule: EpochSchedule, slot: number): bigint {
  return schedule.base + BigInt(epochIndexOfSlot(schedule, slot));
}

/** First and last slot of the epoch of an index. */
export function slotsOfEpochIndex({ durationSlots }: Pick<EpochSchedule, 'durationSlots'>, index: number): SlotRange {
  const fromSlot = index * durationSlots;
  return { fromSlot, toSlot: fromSlot + durationSlots - 1 };
}

/** First and last slot of an epoch, inclusive. */
export function slotsOfEpoch(
  schedule: EpochSchedule,
  epoch: bigint,
): { readonly startSlot: number; readonly endSlot: number } {
  const { fromSlot, toSlot } = slotsOfEpochIndex(schedule, Number(epoch - schedule.base));
  return { startSlot: fromSlot, endSlot: toSlot };
}
