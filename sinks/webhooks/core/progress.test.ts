import { describe, expect, it } from '@jest/globals';
import { Progress } from './progress.ts';

describe('the progress of a partition', () => {
  it('commits no further than the first record that is not finished, whatever the order of the others', () => {
    const progress = new Progress();
    expect(progress.next).toBeUndefined();
    for (const [offset, next] of [
      [3n, 4n],
      [4n, 6n],
      [6n, 9n],
    ] as const)
      progress.begin(offset, Number(offset) * 10, next);
    progress.finish(6n);
    progress.finish(4n);
    expect([progress.next, progress.oldestMs, progress.open]).toEqual([3n, 30, 1]);
    progress.finish(3n);
    // Behind the transaction markers that follow the last record.
    expect([progress.next, progress.oldestMs, progress.open]).toEqual([9n, undefined, 0]);
  });
});
