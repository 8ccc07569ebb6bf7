/** Stream time, and which epochs ended long enough ago by it. Immutable; moves with watermarks only. */

import { epochIndex, type Rules, slotsOfIndex } from './rules.ts';

/** A watermark as the clock sees it: slot and stream time (Unix seconds). */
export type Sample = readonly [slot: number, time: number];

/**
 * The least that a slot takes on any cluster: nothing says when an epoch ended that was over before the first watermark, and a root may
 * be late, never early.
 */
const SHORTEST_SECONDS_A_SLOT = 0.2;
/**
 * Which way of timing ends this is. Raised with every change by which an epoch may count as ended at another record than before: a replay
 * then does not give back what the group had emitted.
 */
export const TIMING = 2;
/** Samples kept while epochs wait for the threshold. */
const MAX_SAMPLES = 64;

export class EpochClock {
  static readonly start = new EpochClock([], Number.NEGATIVE_INFINITY, -1);

  /** Watermarks around the epoch ends that are not yet timed, ascending in slot and not descending in time. */
  readonly samples: readonly Sample[];
  /** Highest block time of the watermarks so far, Unix seconds. */
  readonly streamTime: number;
  /** Every epoch up to this index ended at least the threshold before the stream time; -1 for none. */
  readonly timedThrough: number;

  constructor(samples: readonly Sample[], streamTime: number, timedThrough: number) {
    this.samples = samples;
    this.streamTime = streamTime;
    this.timedThrough = timedThrough;
  }

  /** Highest slot of the watermarks so far; undefined before the first. */
  get headSlot(): number | undefined {
    return this.samples.at(-1)?.[0];
  }

  /** The clock by which every epoch up to this index ended long enough ago, whatever the samples say. */
  timedAtLeast(index: number): EpochClock {
    return index <= this.timedThrough ? this : new EpochClock(this.samples, this.streamTime, index);
  }

  /** The clock after a watermark. One behind the head (a backfill, a slower listener) moves the stream time at most. */
  observe(rules: Rules, slot: number, blockTime: number): EpochClock {
    const streamTime = Math.max(this.streamTime, blockTime);
    const head = this.headSlot;
    const samples =
      head !== undefined && slot <= head ? this.samples : appended(rules, this.samples, [slot, streamTime]);
    const timedThrough = lastTimed(rules, samples, streamTime - rules.finalizeThresholdSecs, this.timedThrough);
    return new EpochClock(pruned(rules, samples, timedThrough), streamTime, timedThrough);
  }
}

function appended(rules: Rules, samples: readonly Sample[], next: Sample): readonly Sample[] {
  const kept = [...samples];
  const [before, last] = [kept.at(-2), kept.at(-1)];
  // A sample with no epoch's end on either side of it bounds no interpolation.
  if (before && last && !endBetween(rules, before[0], last[0]) && !endBetween(rules, last[0], next[0])) kept.pop();
  kept.push(next);
  if (kept.length > MAX_SAMPLES) kept.splice(1, 1);
  return kept;
}

/** Whether an epoch's last slot is in [from, to). */
function endBetween(rules: Rules, from: number, to: number): boolean {
  return epochIndex(rules, to) > epochIndex(rules, from);
}

/** Last epoch whose end is known to be at or before `cutoff` (Unix seconds). End times do not descend, so it is a search. */
function lastTimed(rules: Rules, samples: readonly Sample[], cutoff: number, from: number): number {
  const head = samples.at(-1)?.[0] ?? 0;
  let low = from;
  let high = Math.max(from, epochIndex(rules, head) - 1);
  while (low < high) {
    const middle = low + Math.ceil((high - low) / 2);
    if (timeOfSlot(samples, slotsOfIndex(rules, middle).toSlot) <= cutoff) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Block time of a slot below the head: linear between the samples around it. */
function timeOfSlot(samples: readonly Sample[], slot: number): number {
  let after = samples.length - 1;
  while (after > 0 && (samples[after - 1] as Sample)[0] > slot) after -= 1;
  const [slotAfter, timeAfter] = samples[after] as Sample;
  const before = samples[after - 1];
  if (before === undefined) return timeAfter - SHORTEST_SECONDS_A_SLOT * (slotAfter - slot);
  const [slotBefore, timeBefore] = before;
  const elapsed = ((timeAfter - timeBefore) * (slot - slotBefore)) / (slotAfter - slotBefore);
  return Math.min(timeAfter, timeBefore + elapsed);
}

/** Without the samples that only epochs already timed needed. */
function pruned(rules: Rules, samples: readonly Sample[], timedThrough: number): readonly Sample[] {
  const nextEnd = slotsOfIndex(rules, timedThrough + 1).toSlot;
  let first = 0;
  while (first + 1 < samples.length && (samples[first + 1] as Sample)[0] <= nextEnd) first += 1;
  return first === 0 ? samples : samples.slice(first);
}
