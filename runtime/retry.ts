/** Waiting and trying again, bounded by an abort signal. */

import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from './backoff.ts';

export interface RetryOptions {
  readonly signal: AbortSignal;
  readonly initialDelayMs?: number;
  readonly maxDelayMs?: number;
  /** Called before each wait. */
  onFailure(error: unknown, attempt: number, delayMs: number): void;
  /** False ends the retrying: the error is thrown. Default: always again. */
  retryable?(error: unknown): boolean;
}

/**
 * Calls `work` until it succeeds.
 * @throws the abort reason when the signal fires; the error itself when it is not retryable.
 */
export async function retry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    options.signal.throwIfAborted();
    try {
      return await work(attempt);
    } catch (error) {
      options.signal.throwIfAborted();
      if (options.retryable?.(error) === false) throw error;
      const delayMs = backoffMs(attempt, options.initialDelayMs ?? 200, options.maxDelayMs ?? 10_000);
      options.onFailure(error, attempt, delayMs);
      await delay(delayMs, undefined, { signal: options.signal });
    }
  }
}
