import { describe, expect, it } from '@jest/globals';
import { backoffMs } from './backoff.ts';
import { retry } from './retry.ts';

describe('retry', () => {
  it('goes on until the work succeeds and tells of each failure', async () => {
    const failures: number[] = [];
    const result = await retry(
      (attempt) => (attempt < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve(attempt)),
      {
        signal: new AbortController().signal,
        initialDelayMs: 1,
        onFailure: (_error, attempt) => failures.push(attempt),
      },
    );
    expect(result).toBe(3);
    expect(failures).toEqual([1, 2]);
  });

  it('throws at once what is not retryable', async () => {
    let calls = 0;
    const work = (): Promise<never> => {
      calls += 1;
      return Promise.reject(new Error('for good'));
    };
    await expect(
      retry(work, { signal: new AbortController().signal, retryable: () => false, onFailure: () => undefined }),
    ).rejects.toThrow('for good');
    expect(calls).toBe(1);
  });

  it('ends its wait when it is told to stop', async () => {
    const stop = new AbortController();
    const waiting = retry(() => Promise.reject(new Error('down')), {
      signal: stop.signal,
      initialDelayMs: 60_000,
      onFailure: () => stop.abort(),
    });
    await expect(waiting).rejects.toThrow(/abort/i);
  });

  it('doubles the wait up to its cap, with jitter of at most a half', () => {
    expect(backoffMs(1, 100, 10_000, () => 1)).toBe(100);
    expect(backoffMs(3, 100, 10_000, () => 0)).toBe(200);
    expect(backoffMs(50, 100, 10_000, () => 1)).toBe(10_000);
  });
});
