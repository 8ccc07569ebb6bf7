import { describe, expect, it } from '@jest/globals';
import { memoryTrend, slopeOf } from './memory.ts';

/** A sample each second: a heap that fills and is collected, over what is kept. */
function samples(minutes: number, keptAt: (minute: number) => number) {
  return Array.from({ length: minutes * 60 }, (_, second) => {
    const kept = keptAt(second / 60);
    return { minute: second / 60, heapUsedBytes: kept + (second % 10) * 5e6, residentBytes: 2 * kept + 1e8 };
  });
}

describe('memoryTrend', () => {
  it('is level where what is collected comes and goes, however much it was while it warmed up', () => {
    const trend = memoryTrend(
      samples(10, (minute) => (minute < 2 ? minute * 5e7 : 1e8)),
      2,
    );
    expect(trend.heapBytesAMinute).toBeCloseTo(0);
    expect(trend.residentBytesAMinute).toBeCloseTo(0);
    expect(trend.heapBytes).toEqual(Array.from({ length: 16 }, () => 1e8));
  });

  it('shows a leak of a megabyte a minute under a heap that goes up and down by forty-five', () => {
    const trend = memoryTrend(
      samples(10, (minute) => 1e8 + minute * 1e6),
      2,
    );
    expect(trend.heapBytesAMinute).toBeCloseTo(1e6, -3);
    expect(trend.residentBytesAMinute).toBeCloseTo(2e6, -3);
  });

  it('claims nothing of fewer than two half minutes', () => {
    expect(slopeOf([1], [5])).toBeNaN();
    expect(memoryTrend([], 2).heapBytesAMinute).toBeNaN();
  });
});
