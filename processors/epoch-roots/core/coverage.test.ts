import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Coverage } from './coverage.ts';

const interval = fc.tuple(fc.nat(60), fc.nat(8)).map(([from, length]): [number, number] => [from, from + length]);

describe('coverage', () => {
  it('holds exactly the slots that were proven, in disjoint, ascending, joined intervals', () => {
    fc.assert(
      fc.property(fc.array(interval, { maxLength: 20 }), interval, (proven, [from, to]) => {
        const coverage = Coverage.of(proven);
        const slots = new Set(proven.flatMap(([a, b]) => Array.from({ length: b - a + 1 }, (_, i) => a + i)));
        const wanted = Array.from({ length: to - from + 1 }, (_, i) => from + i);
        expect(coverage.contains(from, to)).toBe(wanted.every((slot) => slots.has(slot)));
        expect(coverage.intervals.reduce((sum, [a, b]) => sum + b - a + 1, 0)).toBe(slots.size);
        for (const [i, [start]] of coverage.intervals.entries())
          expect(start).toBeGreaterThan((coverage.intervals[i - 1]?.[1] ?? -2) + 1);
      }),
      { numRuns: 500 },
    );
  });

  it('joins a range to its neighbour when not a slot is missing between them', () => {
    expect(
      Coverage.of([
        [0, 9],
        [10, 19],
        [21, 30],
      ]).intervals,
    ).toEqual([
      [0, 19],
      [21, 30],
    ]);
  });

  it('gives up the lowest intervals when there are too many and says up to where', () => {
    let coverage = Coverage.empty;
    const forgotten: (number | undefined)[] = [];
    for (let i = 0; i < 66; i += 1) {
      const added = coverage.add(i * 10, i * 10 + 5);
      coverage = added.coverage;
      forgotten.push(added.forgottenTo);
    }
    expect(coverage.intervals).toHaveLength(64);
    expect(forgotten.slice(63)).toEqual([undefined, 5, 15]);
  });
});
