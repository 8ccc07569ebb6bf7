import { describe, expect, it } from '@jest/globals';
import { earlier, isProvenSlot, provenState, type StoredRange } from './proven-state.ts';

const at = (slot: number): Date => new Date(slot * 400);

function range(partition: number, fromSlot: number, toSlot: number, source = 'a'): StoredRange {
  return { partition, fromSlot, toSlot, source, method: 'walk', blockTime: at(toSlot) };
}

describe('how far everything is proven', () => {
  it('is where the slowest partition stands', () => {
    expect(provenState(2, [range(0, 100, 180), range(1, 90, 150)])).toEqual({
      point: { slot: 150n, at: at(150), ranges: [{ fromSlot: 100, toSlot: 150 }] },
      gaps: [],
    });
  });

  it('is nothing while one partition has proven nothing', () => {
    expect(provenState(3, [range(0, 100, 180), range(1, 100, 180)])).toEqual({ point: undefined, gaps: [] });
    expect(provenState(1, [])).toEqual({ point: undefined, gaps: [] });
  });

  it('lists each hole below it with the partitions that have it, and none that another source has proven', () => {
    const ranges = [
      range(0, 100, 119),
      range(0, 130, 200),
      range(1, 100, 114),
      range(1, 110, 129, 'b'),
      range(1, 140, 200),
    ];
    expect(provenState(2, ranges).gaps).toEqual([{ fromSlot: 120n, toSlot: 139n, partitions: [0, 1] }]);
    expect(provenState(2, [...ranges, range(0, 115, 131, 'b')]).gaps).toEqual([
      { fromSlot: 130n, toSlot: 139n, partitions: [1] },
    ]);
  });

  it('is not in a hole: a range of one partition that another has not reached counts for nothing', () => {
    expect(provenState(2, [range(0, 100, 120), range(0, 140, 200), range(1, 100, 130)]).point?.slot).toBe(120n);
  });
});

describe('a slot', () => {
  const { point } = provenState(2, [range(0, 100, 200), range(1, 100, 119), range(1, 130, 200)]);

  it.each([100n, 119n, 130n, 200n])('is proven where every partition has proven it: %s', (slot) => {
    expect(isProvenSlot(point, slot)).toBe(true);
  });

  it.each([0n, 99n, 120n, 129n, 201n, 2n ** 64n - 1n])(
    'in a gap, before the first or behind the last is not: %s',
    (slot) => {
      expect(isProvenSlot(point, slot)).toBe(false);
    },
  );

  it('is not while nothing is proven', () => {
    expect(isProvenSlot(undefined, 0n)).toBe(false);
  });
});

describe('the earlier of two points', () => {
  it('is the lower slot, and nothing where one is nothing', () => {
    const [low, high] = [
      { slot: 5n, at: at(5), ranges: [] },
      { slot: 9n, at: at(9), ranges: [] },
    ];
    expect(earlier(low, high)).toBe(low);
    expect(earlier(high, low)).toBe(low);
    expect(earlier(undefined, low)).toBeUndefined();
    expect(earlier(low, undefined)).toBeUndefined();
  });
});
