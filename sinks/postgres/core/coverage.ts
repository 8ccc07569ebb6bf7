/** The slot ranges that watermarks have proven, adjacent and overlapping ones merged. */

import { type SlotRange, spanOf, touches } from '../../../domain/slot-ranges.ts';
import type { PlacedWatermark } from './stream-plan.ts';

/** A row of table coverage, without its partition. */
export interface CoverageRange extends SlotRange {
  readonly source: string;
  readonly method: string;
  readonly endpoint: string;
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
    const touched = ranges.filter((range) => isJoined(range, watermark));
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

function isJoined(range: CoverageRange, { source, method, endpoint, fromSlot, slot }: PlacedWatermark): boolean {
  const isSameProof = range.source === source && range.method === method && range.endpoint === endpoint;
  return isSameProof && touches(range, { fromSlot, toSlot: slot });
}

function join(a: CoverageRange, b: CoverageRange): CoverageRange {
  return {
    ...a,
    ...spanOf(a, b),
    blockTime: Math.max(a.blockTime, b.blockTime),
    watermarks: a.watermarks + b.watermarks,
    signatures: a.signatures + b.signatures,
    lastOffset: Math.max(a.lastOffset, b.lastOffset),
  };
}
