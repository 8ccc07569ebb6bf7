/** How long `npm start` runs, and how it ends: by its goal, by the person, by the clock, or because it cannot go on. */

import { AppError, messageOf } from '../../runtime/errors.ts';

export type Ending =
  | { readonly kind: 'reached' }
  | { readonly kind: 'asked'; readonly signal: string }
  | { readonly kind: 'timeout'; readonly seconds: number }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Ended once, by whatever comes first. */
export class Lifetime {
  readonly #abort = new AbortController();
  readonly #ended = Promise.withResolvers<Ending>();

  /** Aborted when it ends; waits end on it. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get ended(): Promise<Ending> {
    return this.#ended.promise;
  }

  /** @returns whether this is what ended it. */
  end(ending: Ending): boolean {
    if (this.signal.aborted) return false;
    this.#abort.abort(new AppError('STOPPED', 'npm start ends.'));
    this.#ended.resolve(ending);
    return true;
  }

  /** What `work` gives. @throws when the life ends first: `work` may hang for as long as it likes. */
  async during<T>(work: Promise<T>): Promise<T> {
    const ended = Promise.withResolvers<never>();
    const onAbort = (): void => ended.reject(this.signal.reason);
    work.catch(() => undefined);
    this.signal.throwIfAborted();
    this.signal.addEventListener('abort', onAbort);
    try {
      return await Promise.race([work, ended.promise]);
    } finally {
      this.signal.removeEventListener('abort', onAbort);
    }
  }
}

/** Exit status: 0 when what was asked for is done, or nothing was asked for and a person ends it. */
export function exitStatus(ending: Ending, hasGoal: boolean, everReady: boolean): number {
  switch (ending.kind) {
    case 'reached':
      return 0;
    case 'asked':
      return hasGoal ? 1 : 0;
    case 'timeout':
      return hasGoal || !everReady ? 1 : 0;
    case 'failed':
      return 1;
  }
}

/** For the person at the terminal. @param waitingFor What the start waits for; undefined once everything is ready. */
export function sentenceOf(ending: Ending, waitingFor: string | undefined): string | undefined {
  switch (ending.kind) {
    case 'reached':
      return undefined;
    case 'asked':
      return `${ending.signal}: stopping`;
    case 'timeout':
      return `not reached within ${ending.seconds} s${waitingFor === undefined ? '' : `, waiting for ${waitingFor}`}`;
    case 'failed':
      return messageOf(ending.error);
  }
}
