/** Errors that repeat: the first of a kind is logged at once, later ones as a count. */

import type { Logger } from '../../../runtime/logging.ts';

interface Seen {
  suppressed: number;
  nextMs: number;
}

const QUIET_MS = 30_000;
const MOST_KINDS = 200;

export class ThrottledLog {
  readonly #log: Logger;
  readonly #seen = new Map<string, Seen>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** @param kind What counts as the same: e.g. endpoint and code. */
  write(
    level: 'info' | 'warn' | 'error',
    kind: string,
    fields: Readonly<Record<string, unknown>>,
    message: string,
  ): void {
    const nowMs = Date.now();
    const seen = this.#seen.get(kind);
    if (seen !== undefined && nowMs < seen.nextMs) {
      seen.suppressed += 1;
      return;
    }
    if (seen === undefined && this.#seen.size >= MOST_KINDS) this.#seen.clear();
    this.#seen.set(kind, { suppressed: 0, nextMs: nowMs + QUIET_MS });
    const repeated = seen === undefined || seen.suppressed === 0 ? {} : { repeated: seen.suppressed };
    this.#log[level]({ ...fields, ...repeated }, message);
  }
}
