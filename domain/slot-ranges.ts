/** Ranges of slots, both ends inclusive: what touches, what joins, what is covered. Pure. */

export interface SlotRange {
  readonly fromSlot: number;
  readonly toSlot: number;
}

/** Whether two ranges overlap or are adjacent (n, n + 1): their union is one range. */
export function touches(a: SlotRange, b: SlotRange): boolean {
  return a.fromSlot <= b.toSlot + 1 && b.fromSlot <= a.toSlot + 1;
}

/** The smallest range that holds both. */
export function spanOf(a: SlotRange, b: SlotRange): SlotRange {
  return { fromSlot: Math.min(a.fromSlot, b.fromSlot), toSlot: Math.max(a.toSlot, b.toSlot) };
}

/** Whether a slot lies in a range. */
export function holdsSlot({ fromSlot, toSlot }: SlotRange, slot: number): boolean {
  return fromSlot <= slot && slot <= toSlot;
}

/**
 * The union of disjoint ranges, ascending and not adjacent, with one more. The same array when it adds nothing.
 */
export function unionWith(ranges: readonly SlotRange[], added: SlotRange): readonly SlotRange[] {
  const first = indexEndingFrom(ranges, added.fromSlot - 1);
  let end = first;
  let joined = added;
  for (let next = ranges[end]; next !== undefined && touches(next, added); next = ranges[end]) {
    joined = spanOf(joined, next);
    end += 1;
  }
  const only = ranges[first];
  const isKnown = end === first + 1 && only?.fromSlot === joined.fromSlot && only.toSlot === joined.toSlot;
  return isKnown ? ranges : [...ranges.slice(0, first), joined, ...ranges.slice(end)];
}

/** Whether one of the disjoint, ascending ranges holds every slot of another. */
export function covers(ranges: readonly SlotRange[], wanted: SlotRange): boolean {
  const found = ranges[indexEndingFrom(ranges, wanted.toSlot)];
  return found !== undefined && found.fromSlot <= wanted.fromSlot;
}

/** Index of the first range whose last slot is at or after `slot`. */
function indexEndingFrom(ranges: readonly SlotRange[], slot: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle] as SlotRange).toSlot < slot) low = middle + 1;
    else high = middle;
  }
  return low;
}
