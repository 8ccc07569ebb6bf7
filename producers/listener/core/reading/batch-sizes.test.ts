import { describe, expect, it } from '@jest/globals';
import { type BatchOutcome, BatchSizes } from './batch-sizes.ts';

const MINUTE = 60_000;

/** Full batches with these outcomes, one after another. @returns the size before each, and after the last. */
function sizesAfter(sizes: BatchSizes, nowMs: number, ...outcomes: BatchOutcome[]): number[] {
  const seen: number[] = [];
  for (const outcome of outcomes) {
    const size = sizes.size('a', nowMs);
    seen.push(size);
    sizes.judge('a', size, outcome, nowMs);
  }
  return [...seen, sizes.size('a', nowMs)];
}

describe('the size of a batch', () => {
  it('doubles while whole answers come, and has an end', () => {
    expect(sizesAfter(new BatchSizes(), 0, 'whole', 'whole', 'whole', 'whole')).toEqual([8, 16, 32, 32, 32]);
  });

  it('does not grow by batches that were not full', () => {
    const sizes = new BatchSizes();
    sizes.judge('a', 7, 'whole', 0);
    expect(sizes.size('a', 0)).toBe(8);
  });

  it.each<BatchOutcome>(['partly', 'refused', 'failed'])(
    'is half after a larger one was %s, and no more for ten minutes',
    (outcome) => {
      const sizes = new BatchSizes();
      expect(sizesAfter(sizes, 0, 'whole', 'whole', outcome, 'whole', 'whole')).toEqual([8, 16, 32, 16, 16, 16]);
      expect(sizes.size('a', 10 * MINUTE - 1)).toBe(16);
      expect(sizesAfter(sizes, 10 * MINUTE, 'whole').at(-1)).toBe(32);
    },
  );

  it.each<[BatchOutcome, number]>([
    ['refused', 10 * MINUTE],
    ['failed', MINUTE / 2],
  ])('is one after the smallest was %s, for %d ms, then the smallest', (outcome, forMs) => {
    const sizes = new BatchSizes();
    expect(sizesAfter(sizes, 0, outcome)).toEqual([8, 1]);
    expect(sizes.size('a', forMs - 1)).toBe(1);
    expect(sizes.size('a', forMs)).toBe(8);
  });

  it('stays the smallest where that is answered in part: the rest is asked for one by one', () => {
    expect(sizesAfter(new BatchSizes(), 0, 'partly', 'partly')).toEqual([8, 8, 8]);
  });

  it('is each endpoint’s own', () => {
    const sizes = new BatchSizes();
    sizes.judge('a', 8, 'refused', 0);
    expect([sizes.size('a', 0), sizes.size('b', 0)]).toEqual([1, 8]);
  });
});
