/** What of an epoch is proven, as parts of a bar. Pure. */

export interface Slots {
  readonly fromSlot: string;
  readonly toSlot: string;
}

/** Where a part of a bar begins and how wide it is, in hundredths of the whole. */
export interface BarPart {
  readonly left: number;
  readonly width: number;
}

const SCALE = 1_000_000n;

/** Where slots lie in an epoch; undefined outside of it. */
export function partOf(slots: Slots, epoch: Slots): BarPart | undefined {
  const [start, end] = [BigInt(epoch.fromSlot), BigInt(epoch.toSlot)];
  const from = BigInt(slots.fromSlot) < start ? start : BigInt(slots.fromSlot);
  const to = BigInt(slots.toSlot) > end ? end : BigInt(slots.toSlot);
  if (to < from || end < start) return undefined;
  const share = (count: bigint): number => Number((count * 100n * SCALE) / (end - start + 1n)) / Number(SCALE);
  return { left: share(from - start), width: share(to - from + 1n) };
}

/** Slots in ranges that do not overlap. */
export function slotCount(ranges: readonly Slots[]): bigint {
  return ranges.reduce((sum, { fromSlot, toSlot }) => sum + BigInt(toSlot) - BigInt(fromSlot) + 1n, 0n);
}

/** How much of the epoch is proven: never rounded up to 100 while a slot is missing. */
export function provenShare(holes: readonly Slots[], epoch: Slots): string {
  const all = slotCount([epoch]);
  const missing = slotCount(holes);
  if (missing === 0n) return '100 %';
  const tenths = ((all - missing) * 1000n) / all;
  return `${tenths / 10n}.${tenths % 10n} %`;
}
