/** Epochs by slot: epoch = base + floor(slot / durationSlots), with another base from some epochs on. Pure. */

import type { SlotRange } from './slot-ranges.ts';

export interface EpochSchedule {
  /** Slots of an epoch. */
  readonly durationSlots: number;
  /** Added to every epoch number, so that numbering goes on above what the program's ring already holds. */
  readonly base: bigint;
  /** Bases that stand in for it from an epoch's index on; both rise. */
  readonly later?: readonly BaseStep[];
}

export interface BaseStep {
  readonly fromIndex: number;
  readonly base: bigint;
}

/** The ring of the known builds has ten slots; bases that are multiples of it keep an epoch in its slot. */
export const BASE_STEP = 10n;

/** The least base above an epoch that a ring holds. */
export function baseAbove(newestEpoch: bigint): bigint {
  return (newestEpoch / BASE_STEP + 1n) * BASE_STEP;
}

/** Bases as text has them, each later one with the first slot from which it stands. */
export interface EpochBases {
  readonly base: bigint;
  readonly later: readonly { readonly fromSlot: number; readonly base: bigint }[];
}

/** `10`, or `10,5000@864000`: base 5000 from slot 864,000 on. Undefined for other text. */
export function parseBases(text: string): EpochBases | undefined {
  if (!/^\d{1,20}(,\d{1,20}@\d{1,15})*$/.test(text)) return undefined;
  const [first, ...rest] = text.split(',') as [string, ...string[]];
  const later = rest.map((part) => {
    const [base, fromSlot] = part.split('@') as [string, string];
    return { fromSlot: Number(fromSlot), base: BigInt(base) };
  });
  const bases = { base: BigInt(first), later };
  return [bases, ...later].every(({ base }) => base < 2n ** 64n) ? bases : undefined;
}

/** Undefined where a later base does not begin with an epoch, or bases do not rise: a number could mean two epochs. */
export function scheduleOf(durationSlots: number, { base, later }: EpochBases): EpochSchedule | undefined {
  if (later.length === 0) return { durationSlots, base };
  const steps = later.map((step) => ({ fromIndex: step.fromSlot / durationSlots, base: step.base }));
  const rises = steps.every((step, i) => {
    const former = steps[i - 1] ?? { fromIndex: 0, base };
    return Number.isSafeInteger(step.fromIndex) && step.fromIndex > former.fromIndex && step.base > former.base;
  });
  return rises ? { durationSlots, base, later: steps } : undefined;
}

export function isBases(value: unknown): value is EpochBases {
  return typeof value === 'object' && value !== null && 'base' in value && 'later' in value;
}

/** The text that gives these bases. */
export function textOfBases({ base, later }: EpochBases): string {
  return [base, ...later.map((step) => `${step.base}@${step.fromSlot}`)].join(',');
}

/** The bases of a schedule as EPOCH_BASE has them: `10`, or `10,5000@864000`. */
export function basesText({ durationSlots, base, later = [] }: EpochSchedule): string {
  const steps = later.map((step) => ({ fromSlot: step.fromIndex * durationSlots, base: step.base }));
  return textOfBases({ base, later: steps });
}

/** Which epoch a slot is in, counted from the first slot of the chain. */
export function epochIndexOfSlot({ durationSlots }: Pick<EpochSchedule, 'durationSlots'>, slot: number): number {
  return Math.floor(slot / durationSlots);
}

/** The number that the epoch of an index goes by. */
export function epochOfIndex(schedule: EpochSchedule, index: number): bigint {
  return baseOfIndex(schedule, index) + BigInt(index);
}

/** The number that the epoch of a slot goes by. */
export function epochOfSlot(schedule: EpochSchedule, slot: number): bigint {
  return epochOfIndex(schedule, epochIndexOfSlot(schedule, slot));
}

/** The index that goes by a number; undefined for a number below the base, or left out before a later base. */
export function indexOfEpoch(schedule: EpochSchedule, epoch: bigint): number | undefined {
  const bases = [schedule.base, ...(schedule.later ?? []).map(({ base }) => base)];
  const indexes = bases.map((base) => Number(epoch - base));
  return indexes.find((index) => Number.isSafeInteger(index) && index >= 0 && epochOfIndex(schedule, index) === epoch);
}

/** First and last slot of the epoch of an index. */
export function slotsOfEpochIndex({ durationSlots }: Pick<EpochSchedule, 'durationSlots'>, index: number): SlotRange {
  const fromSlot = index * durationSlots;
  return { fromSlot, toSlot: fromSlot + durationSlots - 1 };
}

/** First and last slot of an epoch, inclusive. @throws RangeError for a number that no epoch goes by. */
export function slotsOfEpoch(
  schedule: EpochSchedule,
  epoch: bigint,
): { readonly startSlot: number; readonly endSlot: number } {
  const index = indexOfEpoch(schedule, epoch);
  if (index === undefined) throw new RangeError(`no epoch goes by ${epoch}`);
  const { fromSlot, toSlot } = slotsOfEpochIndex(schedule, index);
  return { startSlot: fromSlot, endSlot: toSlot };
}

function baseOfIndex({ base, later = [] }: EpochSchedule, index: number): bigint {
  return later.reduce((inForce, step) => (step.fromIndex <= index ? step.base : inForce), base);
}
