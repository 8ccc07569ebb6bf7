/** Waiting at start for what a role depends on: patient with outages, not with what only a person can mend. */

import { codeOf, mayPass, messageOf } from './errors.ts';
import type { Holds } from './holds.ts';
import type { Logger } from './logging.ts';
import { retry } from './retry.ts';

/**
 * Does `work` until it succeeds, and logs what is waited for.
 * @throws an AppError that is not retryable, or the signal's reason.
 */
export type WaitFor = <T>(what: string, work: () => Promise<T>) => Promise<T>;

/** @param holds Told what is waited for, so that the role's readiness says why it has not started. */
export function waitingFor(log: Logger, signal: AbortSignal, holds?: Holds): WaitFor {
  return async (what, work) => {
    const result = await retry(work, {
      signal,
      retryable: mayPass,
      onFailure: (error, attempt, delayMs) => {
        holds?.hold(what, error);
        log.warn({ attempt, delayMs, code: codeOf(error), reason: messageOf(error) }, `waiting for ${what}`);
      },
    });
    holds?.release(what);
    return result;
  };
}
