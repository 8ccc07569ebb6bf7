/** When each slot of a simulated chain begins: at one pace, or at one that changes on the way. */

import type { SeededRandom } from '../random.ts';

/** The pace of a cluster that does not change, and of any before its first slot, ms. */
export const USUAL_SLOT_MS = 400;
/** The steps by which the main network goes on. */
const STEPS_MS = [400, 350, 300, 250, 200];

export class SlotTimes {
  /** Slot to the millisecond at which it begins. */
  readonly #startsMs: readonly number[];
  /** Slots at which the pace became another one, ascending. */
  readonly changes: readonly number[];

  /** @param durationsMs Of slot 0, 1 and so on; the last one is that of every slot after it. */
  constructor(durationsMs: readonly number[]) {
    const startsMs = [0];
    for (const durationMs of durationsMs) startsMs.push((startsMs.at(-1) ?? 0) + durationMs);
    this.#startsMs = startsMs;
    this.changes = durationsMs.flatMap((durationMs, slot) =>
      slot > 0 && durationMs !== durationsMs[slot - 1] ? [slot] : [],
    );
  }

  startMs(slot: number): number {
    const last = this.#startsMs.length - 1;
    const known = this.#startsMs[Math.max(0, Math.min(slot, last))] ?? 0;
    return known + Math.max(0, slot - last) * this.#lastDurationMs();
  }

  /** The slot that is under way. */
  slotAt(ms: number): number {
    const starts = this.#startsMs;
    let [low, high] = [0, starts.length - 1];
    if (ms >= (starts[high] ?? 0)) return high + Math.floor((ms - (starts[high] ?? 0)) / this.#lastDurationMs());
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= ms) low = middle;
      else high = middle;
    }
    return low;
  }

  #lastDurationMs(): number {
    return (this.#startsMs.at(-1) ?? USUAL_SLOT_MS) - (this.#startsMs.at(-2) ?? 0);
  }
}

export const steadySlots = (): SlotTimes => new SlotTimes([USUAL_SLOT_MS]);

/** From 400 to 200 ms by the main network's steps or at once, then at random. */
export function changingSlots(random: SeededRandom, slots: number): SlotTimes {
  const steps = random.chance(0.5) ? STEPS_MS : [400, 200];
  const steppedSlots = Math.ceil(slots * 0.7);
  const stepSlots = Math.ceil(steppedSlots / steps.length);
  return new SlotTimes(
    Array.from({ length: slots }, (_, slot) =>
      slot < steppedSlots ? (steps[Math.floor(slot / stepSlots)] ?? 200) : random.between(50, 900),
    ),
  );
}
