import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { coverageOf, type ProvenRange } from './coverage.ts';

const epoch = { fromSlot: 100, toSlot: 199 };

function proven(partition: number, fromSlot: number, toSlot: number, source = 'a', method = 'walk'): ProvenRange {
  return { partition, fromSlot, toSlot, source, method };
}

describe('coverage of an epoch', () => {
  it('is not joined over a hole', () => {
    const ranges = [0, 1].flatMap((partition) => [proven(partition, 100, 120), proven(partition, 150, 199)]);
    expect(coverageOf(epoch, 2, ranges)).toEqual({
      ranges: [
        { source: 'a', method: 'walk', fromSlot: 100n, toSlot: 120n },
        { source: 'a', method: 'walk', fromSlot: 150n, toSlot: 199n },
      ],
      holes: [{ fromSlot: 121n, toSlot: 149n }],
    });
  });

  it('is joined where ranges touch or overlap, of several endpoints too', () => {
    const ranges = [proven(0, 140, 199), proven(0, 100, 139), proven(0, 120, 150)];
    expect(coverageOf(epoch, 1, ranges)).toEqual({
      ranges: [{ source: 'a', method: 'walk', fromSlot: 100n, toSlot: 199n }],
      holes: [],
    });
  });

  it('counts what every partition has, and nothing where one has nothing', () => {
    const ranges = [proven(0, 100, 199), proven(1, 100, 130)];
    expect(coverageOf(epoch, 2, ranges).holes).toEqual([{ fromSlot: 131n, toSlot: 199n }]);
    expect(coverageOf(epoch, 3, ranges)).toEqual({ ranges: [], holes: [{ fromSlot: 100n, toSlot: 199n }] });
  });

  it('is whole where two listeners prove it together, each by its own part', () => {
    const { ranges, holes } = coverageOf(epoch, 1, [proven(0, 100, 150), proven(0, 140, 199, 'b')]);
    expect(ranges.map(({ source }) => source)).toEqual(['a', 'b']);
    expect(holes).toEqual([]);
  });

  it('agrees with a look at every single slot', () => {
    const range = fc
      .tuple(fc.nat(2), fc.integer({ min: 90, max: 210 }), fc.nat(40), fc.constantFrom('a', 'b'))
      .map(([partition, from, length, source]) => proven(partition, from, from + length, source));
    fc.assert(
      fc.property(fc.array(range, { maxLength: 20 }), (ranges) => {
        const { ranges: found, holes } = coverageOf(epoch, 3, ranges);
        const isProven = (slot: number, source?: string): boolean =>
          [0, 1, 2].every((partition) =>
            ranges.some(
              (one) =>
                one.partition === partition &&
                one.fromSlot <= slot &&
                slot <= one.toSlot &&
                (source === undefined || one.source === source),
            ),
          );
        for (let slot = epoch.fromSlot; slot <= epoch.toSlot; slot += 1) {
          expect(holes.some(({ fromSlot, toSlot }) => fromSlot <= slot && slot <= toSlot)).toBe(!isProven(slot));
          for (const source of ['a', 'b']) {
            const isFound = found.some((one) => one.source === source && one.fromSlot <= slot && slot <= one.toSlot);
            expect(isFound).toBe(isProven(slot, source));
          }
        }
      }),
    );
  });
});
