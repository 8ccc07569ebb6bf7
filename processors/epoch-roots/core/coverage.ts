/** Which slots a partition's watermarks have proven: a union of inclusive ranges, bounded in number. Immutable. */

import { covers, type SlotRange, unionWith } from '../../../domain/slot-ranges.ts';

/** Ranges kept. Real coverage has one, or a few while gaps are being backfilled. */
const MAX_RANGES = 64;

export class Coverage {
  static readonly empty = new Coverage([]);

  /** Disjoint, not adjacent, ascending. */
  readonly ranges: readonly SlotRange[];

  private constructor(ranges: readonly SlotRange[]) {
    this.ranges = ranges;
  }

  /** @param ranges In any order, overlapping or not. */
  static of(ranges: Iterable<SlotRange>): Coverage {
    let coverage = Coverage.empty;
    for (const range of ranges) coverage = coverage.add(range).coverage;
    return coverage;
  }

  /**
   * The union with a range.
   * @returns forgottenTo: last slot of the lowest ranges that no longer fit, whose proof is given up.
   */
  add(range: SlotRange): { readonly coverage: Coverage; readonly forgottenTo: number | undefined } {
    const merged = unionWith(this.ranges, range);
    if (merged === this.ranges) return { coverage: this, forgottenTo: undefined };
    const surplus = Math.max(0, merged.length - MAX_RANGES);
    return { coverage: new Coverage(merged.slice(surplus)), forgottenTo: merged[surplus - 1]?.toSlot };
  }

  /** Whether every slot of a range is proven. */
  contains(range: SlotRange): boolean {
    return covers(this.ranges, range);
  }
}
