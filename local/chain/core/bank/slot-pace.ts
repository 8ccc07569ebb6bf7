/** From a slot on, the time between two slots. */
export type PaceStep = { readonly fromSlot: number; readonly blockTimeMs: number };

/** How long slots take, by their block times: a first length, and others from given slots on. */
export class SlotPace {
  readonly #steps: PaceStep[];

  constructor(blockTimeMs: number, steps: readonly PaceStep[] = []) {
    this.#steps = [{ fromSlot: 0, blockTimeMs }, ...steps].sort((a, b) => a.fromSlot - b.fromSlot);
  }

  /** Changes the length of the slots from one on, which must not be below another change. */
  change(step: PaceStep): void {
    this.#steps.push(step);
  }

  /** Length of a slot, ms. */
  lengthMs(slot: number): number {
    return this.#steps.findLast(({ fromSlot }) => fromSlot <= slot)?.blockTimeMs ?? 0;
  }

  /** Milliseconds from the opening of one slot to that of a later one. */
  between(from: number, to: number): number {
    let ms = 0;
    for (const [first, end, length] of this.#segments(from)) {
      if (first >= to) break;
      ms += (Math.min(end, to) - first) * length;
    }
    return ms;
  }

  /** The slot that is open a time after another one opened. */
  slotAfter(from: number, elapsedMs: number): number {
    let left = elapsedMs;
    for (const [first, end, length] of this.#segments(from)) {
      const slots = Math.floor(left / length);
      if (first + slots < end) return first + slots;
      left -= (end - first) * length;
    }
    return from;
  }

  /** First slot, slot after the last, and length of the slots, from a slot on. */
  *#segments(from: number): Generator<[number, number, number]> {
    for (const [index, { fromSlot, blockTimeMs }] of this.#steps.entries()) {
      const end = this.#steps[index + 1]?.fromSlot ?? Number.POSITIVE_INFINITY;
      if (end > from) yield [Math.max(from, fromSlot), end, blockTimeMs];
    }
  }
}
