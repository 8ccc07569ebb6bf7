import { describe, expect, it } from '@jest/globals';
import { type CoverageRange, mergeCoverage } from './coverage.ts';
import type { PlacedWatermark } from './stream-plan.ts';

function walk(offset: number, fromSlot: number, slot: number, endpoint = 'a'): PlacedWatermark {
  return {
    source: 'north',
    method: 'signature-walk',
    endpoint,
    fromSlot,
    slot,
    blockTime: slot,
    signatures: 2,
    offset,
  };
}

function merged(watermarks: readonly PlacedWatermark[]): readonly CoverageRange[] {
  return mergeCoverage([], watermarks, 0).insert;
}

const slots = (ranges: readonly CoverageRange[]): number[][] =>
  ranges.map(({ fromSlot, toSlot }) => [fromSlot, toSlot]);

describe('proven slot ranges', () => {
  it('join when they touch or overlap, and keep a gap of one slot', () => {
    expect(slots(merged([walk(0, 0, 9), walk(1, 10, 19), walk(2, 15, 25), walk(3, 27, 30)]))).toEqual([
      [0, 25],
      [27, 30],
    ]);
  });

  it('join what a later walk closes', () => {
    const [range, ...rest] = merged([walk(0, 0, 9), walk(1, 20, 29), walk(2, 10, 19)]);
    expect(rest).toEqual([]);
    expect(range).toMatchObject({
      fromSlot: 0,
      toSlot: 29,
      watermarks: 3,
      signatures: 6,
      lastOffset: 2,
      blockTime: 29,
    });
  });

  it('stay apart by how they were proven', () => {
    expect(merged([walk(0, 0, 9), walk(1, 10, 19, 'b')])).toHaveLength(2);
  });

  it('count a watermark once, also when it is taken in again', () => {
    const stored = merged([walk(0, 0, 9), walk(1, 10, 19)]);
    const { insert } = mergeCoverage(stored, [walk(1, 10, 19), walk(2, 20, 29)], 2);
    expect(insert).toMatchObject([{ fromSlot: 0, toSlot: 29, watermarks: 3, signatures: 6 }]);
  });

  it('names the stored ranges that a merged one replaces', () => {
    const stored = merged([walk(0, 0, 9), walk(1, 20, 29)]);
    expect(slots(mergeCoverage(stored, [walk(2, 10, 19)], 2).remove)).toEqual([
      [0, 9],
      [20, 29],
    ]);
  });
});
