/** Waiting at start for what a role depends on: patient with outages, not with what only a person can mend. */

import { AppError, codeOf, mayPass, messageOf } from './errors.ts';
import type { Holds } from './holds.ts';
import type { Logger } from './logging.ts';
import { retry } from './retry.ts';

/**
 * Does `work` until it succeeds, and logs what is waited for.
 * @throws an AppError that is not retryable, or the signal's reason.
 */
export type WaitFor = <T>(what: string, work: () => Promise<T>) => Promise<T>;

/** After this long without an answer the role says what it waits for. */
const SILENCE_MS = 5000;

/** @param holds Told what is waited for, so that the role's readiness says why it has not started. */
export function waitingFor(log: Logger, signal: AbortSignal, holds?: Holds): WaitFor {
  return async (what, work) => {
    const told = async (): Promise<Awaited<ReturnType<typeof work>>> => {
      const timer = setTimeout(() => {
        const silence = new AppError(
          'NO_ANSWER_YET',
          `No answer from ${what} for ${SILENCE_MS / 1000} s; it is waited for. See whether it runs and can be reached from here.`,
          { retryable: true },
        );
        holds?.hold(what, silence);
        log.warn({ code: silence.code, reason: silence.message }, `waiting for ${what}`);
      }, SILENCE_MS);
      try {
        return await work();
      } finally {
        clearTimeout(timer);
      }
    };
    const result = await retry(told, {
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
