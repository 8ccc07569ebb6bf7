/** The slot ranges that watermarks have proven, adjacent and overlapping ones merged. */

import type { PlacedWatermark } from './stream-plan.ts';

/** A row of table coverage, without its partition. */
export interface CoverageRange {
  readonly source: string;
  readonly method: string;
  readonly endpoint: string;
  readonly fromSlot: number;
  readonly toSlot: number;
  /** Unix seconds of the newest watermark. */
  readonly blockTime: number;
  readonly watermarks: number;
  readonly signatures: number;
  readonly lastOffset: number;
}

export interface CoverageChange {
  readonly remove: readonly CoverageRange[];
  readonly insert: readonly CoverageRange[];
}

/**
 * @param stored Ranges of the watermarks' sources.
 * @param countedBelow Watermarks below this offset are in the counts already (a replay).
 */
export function mergeCoverage(
  stored: readonly CoverageRange[],
  watermarks: readonly PlacedWatermark[],
  countedBelow: number,
): CoverageChange {
  let ranges = [...stored];
  for (const watermark of watermarks) {
    const touched = ranges.filter((range) => touches(range, watermark));
    const isNew = watermark.offset >= countedBelow;
    const merged = touched.reduce(join, {
      source: watermark.source,
      method: watermark.method,
      endpoint: watermark.endpoint,
      fromSlot: watermark.fromSlot,
      toSlot: watermark.slot,
      blockTime: watermark.blockTime,
      watermarks: isNew ? 1 : 0,
      signatures: isNew ? watermark.signatures : 0,
      lastOffset: watermark.offset,
    });
    ranges = [...ranges.filter((range) => !touched.includes(range)), merged];
  }
  return {
    remove: stored.filter((range) => !ranges.includes(range)),
    insert: ranges.filter((range) => !stored.includes(range)),
  };
}

function touches(range: CoverageRange, watermark: PlacedWatermark): boolean {
  return (
    range.source === watermark.source &&
    range.method === watermark.method &&
    range.endpoint === watermark.endpoint &&
    range.fromSlot <= watermark.slot + 1 &&
    range.toSlot >= watermark.fromSlot - 1
  );
}

function join(a: CoverageRange, b: CoverageRange): CoverageRange {
  return {
    ...a,
    fromSlot: Math.min(a.fromSlot, b.fromSlot),
    toSlot: Math.max(a.toSlot, b.toSlot),
    blockTime: Math.max(a.blockTime, b.blockTime),
    watermarks: a.watermarks + b.watermarks,
    signatures: a.signatures + b.signatures,
    lastOffset: Math.max(a.lastOffset, b.lastOffset),
  };
}
