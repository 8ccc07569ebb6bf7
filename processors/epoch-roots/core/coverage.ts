/** Which slots a partition's watermarks have proven: a union of inclusive intervals. Immutable. */

/** [first slot, last slot], inclusive. */
export type SlotInterval = readonly [from: number, to: number];

/** Intervals kept. Real coverage has one, or a few while gaps are being backfilled. */
const MAX_INTERVALS = 64;

export class Coverage {
  static readonly empty = new Coverage([]);

  /** Disjoint, not adjacent, ascending. */
  readonly intervals: readonly SlotInterval[];

  private constructor(intervals: readonly SlotInterval[]) {
    this.intervals = intervals;
  }

  /** @param intervals In any order, overlapping or not. */
  static of(intervals: Iterable<SlotInterval>): Coverage {
    let coverage = Coverage.empty;
    for (const [from, to] of intervals) coverage = coverage.add(from, to).coverage;
    return coverage;
  }

  /**
   * The union with [from, to]; adjacent intervals (n, n + 1) join.
   * @returns forgottenTo: last slot of the lowest intervals that no longer fit, whose proof is given up.
   */
  add(from: number, to: number): { readonly coverage: Coverage; readonly forgottenTo: number | undefined } {
    const first = this.#firstEndingFrom(from - 1);
    let end = first;
    let low = from;
    let high = to;
    for (; end < this.intervals.length; end += 1) {
      const [start, stop] = this.intervals[end] as SlotInterval;
      if (start > to + 1) break;
      low = Math.min(low, start);
      high = Math.max(high, stop);
    }
    const only = this.intervals[first];
    if (end === first + 1 && only !== undefined && only[0] === low && only[1] === high) {
      return { coverage: this, forgottenTo: undefined };
    }
    const merged = [...this.intervals.slice(0, first), [low, high] as const, ...this.intervals.slice(end)];
    const surplus = merged.splice(0, Math.max(0, merged.length - MAX_INTERVALS));
    return { coverage: new Coverage(merged), forgottenTo: surplus.at(-1)?.[1] };
  }

  /** Whether every slot of [from, to] is proven. */
  contains(from: number, to: number): boolean {
    const found = this.intervals[this.#firstEndingFrom(to)];
    return found !== undefined && found[0] <= from;
  }

  /** Index of the first interval whose last slot is at or after `slot`. */
  #firstEndingFrom(slot: number): number {
    let low = 0;
    let high = this.intervals.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.intervals[middle] as SlotInterval)[1] < slot) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
