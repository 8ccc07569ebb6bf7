import { describe, expect, it } from '@jest/globals';
import { StaleCache } from './stale-cache.ts';

const down = (): Promise<never> => Promise.reject(new Error('database down'));

describe('StaleCache', () => {
  it('gives the remembered answer, marked stale, while asking fails', async () => {
    const cache = new StaleCache(10);
    expect(await cache.ask('a', () => Promise.resolve(1))).toEqual({ answer: 1, stale: false });
    expect(await cache.ask('a', down)).toEqual({ answer: 1, stale: true });
    expect(await cache.ask('a', () => Promise.resolve(2))).toEqual({ answer: 2, stale: false });
  });

  it('fails for what was never asked before', async () => {
    await expect(new StaleCache(10).ask('a', down)).rejects.toThrow('database down');
  });

  it('keeps no more answers than its capacity, dropping the least recently used', async () => {
    const cache = new StaleCache(2);
    for (const key of ['a', 'b', 'a', 'c']) await cache.ask(key, () => Promise.resolve(key));
    expect(cache.size).toBe(2);
    expect((await cache.ask('a', down)).answer).toBe('a');
    await expect(cache.ask('b', down)).rejects.toThrow();
  });
});
