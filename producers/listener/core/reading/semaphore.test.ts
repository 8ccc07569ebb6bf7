import { describe, expect, it } from '@jest/globals';
import { Semaphore } from './semaphore.ts';

describe('a bound on how much happens at once', () => {
  it('lets so many in, the others as they came, also behind one that fails', async () => {
    const semaphore = new Semaphore(2);
    const begun: number[] = [];
    const ends: PromiseWithResolvers<number>[] = [];
    const works = Array.from({ length: 5 }, (_, at) => {
      const end = Promise.withResolvers<number>();
      ends.push(end);
      return semaphore.use(() => {
        begun.push(at);
        return end.promise;
      });
    });
    const turn = (): Promise<void> => new Promise(setImmediate);
    await turn();
    expect(begun).toEqual([0, 1]);
    ends[1]?.reject(new Error('broken'));
    await expect(works[1]).rejects.toThrow('broken');
    await turn();
    expect(begun).toEqual([0, 1, 2]);
    for (const [at, end] of ends.entries()) end.resolve(at);
    expect(await Promise.allSettled(works)).toMatchObject([0, 1, 2, 3, 4].map((at) => (at === 1 ? {} : { value: at })));
    expect(begun).toEqual([0, 1, 2, 3, 4]);
    // All are free again, and no more than before.
    const held = Promise.withResolvers<void>();
    const again = [0, 1, 2].map((at) => semaphore.use(() => (begun.push(at + 10), held.promise)));
    await turn();
    expect(begun.slice(5)).toEqual([10, 11]);
    held.resolve();
    await Promise.all(again);
  });
});
