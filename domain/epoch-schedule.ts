/** Epochs by slot: epoch = base + floor(slot / durationSlots). Pure. */

export interface EpochSchedule {
  /** Slots of an epoch. */
  readonly durationSlots: number;
  /** Added to every epoch number, so that numbering goes on above what the program's ring already holds. */
  readonly base: bigint;
}

export function epochOfSlot(schedule: EpochSchedule, slot: number): bigint {
  return schedule.base + BigInt(Math.floor(slot / schedule.durationSlots));
}

/** First and last slot of an epoch, inclusive. */
export function slotsOfEpoch(
  schedule: EpochSchedule,
  epoch: bigint,
): { readonly startSlot: number; readonly endSlot: number } {
  const startSlot = Number(epoch - schedule.base) * schedule.durationSlots;
  return { startSlot, endSlot: startSlot + schedule.durationSlots - 1 };
}
