import { describe, expect, it } from '@jest/globals';
import { Coverage } from './coverage.ts';

describe('coverage', () => {
  it('gives up the lowest ranges when there are too many and says up to where', () => {
    let coverage = Coverage.empty;
    const forgotten: (number | undefined)[] = [];
    for (let i = 0; i < 66; i += 1) {
      const added = coverage.add({ fromSlot: i * 10, toSlot: i * 10 + 5 });
      coverage = added.coverage;
      forgotten.push(added.forgottenTo);
    }
    expect(coverage.ranges).toHaveLength(64);
    expect(coverage.ranges[0]).toEqual({ fromSlot: 20, toSlot: 25 });
    expect(forgotten.slice(63)).toEqual([undefined, 5, 15]);
  });
});
