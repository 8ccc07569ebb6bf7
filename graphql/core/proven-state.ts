/** What a database is sure of: up to which slot everything is proven, and where it is not. Pure. */

import { everywhere, holesIn, type ProvenRange, type SlotRange } from './coverage.ts';

/** A proven range as the sink stores it. */
export interface StoredRange extends ProvenRange {
  /** Of the newest watermark in the range. */
  readonly blockTime: Date;
}

/** How far everything is proven, and when the chain was there. */
export interface ProvenPoint {
  readonly slot: bigint;
  readonly at: Date;
  /** Slots that every partition has proven, in order: between them are the gaps. */
  readonly ranges: readonly SlotRange[];
}

/** Slots between proven ones that are unproven in at least one partition. */
export interface OpenGap {
  readonly fromSlot: bigint;
  readonly toSlot: bigint;
  /** In which partitions of the event topic. */
  readonly partitions: number[];
}

export interface ProvenState {
  /** Undefined while a partition has proven nothing yet. Below it only the gaps are unproven. */
  readonly point: ProvenPoint | undefined;
  /** In slot order. */
  readonly gaps: readonly OpenGap[];
}

export function provenState(partitions: number, ranges: readonly StoredRange[]): ProvenState {
  const proven = everywhere(partitions, ranges);
  const [first, last] = [proven[0], proven.at(-1)];
  if (first === undefined || last === undefined) return { point: undefined, gaps: [] };
  const whole = { fromSlot: first.fromSlot, toSlot: last.toSlot };
  const byPartition = Map.groupBy(ranges, ({ partition }) => partition);
  const at = Math.min(
    ...[...byPartition.values()].map((own) => Math.max(...own.map(({ blockTime }) => blockTime.getTime()))),
  );
  return {
    point: { slot: BigInt(last.toSlot), at: new Date(at), ranges: proven },
    gaps: holesIn(whole, proven).map((gap) => ({
      fromSlot: BigInt(gap.fromSlot),
      toSlot: BigInt(gap.toSlot),
      partitions: Array.from({ length: partitions }, (_, partition) => partition).filter((partition) =>
        isOpen(gap, byPartition.get(partition) ?? []),
      ),
    })),
  };
}

function isOpen(gap: SlotRange, own: readonly StoredRange[]): boolean {
  return (
    holesIn(
      gap,
      everywhere(
        1,
        own.map((range) => ({ ...range, partition: 0 })),
      ),
    ).length > 0
  );
}

/** Whether every partition has proven the slot: not in a gap, not before the first proven slot, not behind the last one. */
export function isProvenSlot(point: ProvenPoint | undefined, slot: bigint): boolean {
  return point !== undefined && point.ranges.some((range) => range.fromSlot <= slot && slot <= range.toSlot);
}

/** The one that is less far; undefined, where nothing is proven, is the least. */
export function earlier(a: ProvenPoint | undefined, b: ProvenPoint | undefined): ProvenPoint | undefined {
  if (a === undefined || b === undefined) return undefined;
  return b.slot < a.slot ? b : a;
}
