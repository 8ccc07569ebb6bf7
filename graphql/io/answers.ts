/**
 * Reads of the database, with the last good answers for the time when it does not answer: at once where it is known to be
 * away, and soon where it hangs.
 */

import { GraphQLError } from 'graphql';
import type { Logger } from '../../runtime/logging.ts';
import type { Pool } from '../../runtime/postgres/pool.ts';
import { Breaker } from '../core/breaker.ts';
import { ByteCache } from '../core/byte-cache.ts';
import { byteSizeOf } from '../core/byte-size.ts';
import { badInput } from '../core/cursor.ts';
import type { ProvenPoint } from '../core/proven-state.ts';
import { unavailable } from './told-errors.ts';

export interface Answered<T> {
  readonly answer: T;
  /** Remembered, because the database did not answer. */
  readonly stale: boolean;
  /** When it was asked for. */
  readonly atMs: number;
  /** How far everything was proven when it was asked for. */
  readonly proven: ProvenPoint | undefined;
}

/** Who has a remembered answer waits no longer for a new one, ms. */
const PATIENCE_MS = 1000;
const PAUSE_MS = 1000;

export class Answers {
  readonly #pool: Pool;
  readonly #log: Logger;
  readonly #proven: () => ProvenPoint | undefined;
  readonly #remembered: ByteCache<Omit<Answered<unknown>, 'stale'>>;
  /** Opened by outages; then nobody asks until the health check has had an answer, so that no client waits for a trial. */
  readonly #outage = new Breaker({ failures: 3, pauseMs: Number.POSITIVE_INFINITY });
  /** Opened by a wait that was too long; then who has a remembered answer does not ask. */
  readonly #slowness = new Breaker({ failures: 1, pauseMs: PAUSE_MS });

  /** @param proven How far everything is proven at present. */
  constructor(pool: Pool, log: Logger, capacityBytes: number, proven: () => ProvenPoint | undefined = () => undefined) {
    this.#pool = pool;
    this.#log = log;
    this.#proven = proven;
    this.#remembered = new ByteCache(capacityBytes);
  }

  get bytes(): number {
    return this.#remembered.bytes;
  }

  /**
   * Asks, and remembers the answer under the key.
   * @throws GraphQLError BAD_USER_INPUT for a value that the database cannot take; SERVICE_UNAVAILABLE when it does not
   * answer and nothing is remembered.
   */
  async read<T>(key: string, ask: (pool: Pool) => Promise<T>): Promise<Answered<T>> {
    const nowMs = Date.now();
    const known = this.#remembered.get(key) as Omit<Answered<T>, 'stale'> | undefined;
    const mayAsk = this.#outage.allows(nowMs) && (known === undefined || this.#slowness.allows(nowMs));
    if (!mayAsk) return known === undefined ? this.#unavailable() : { ...known, stale: true };
    // Before the question: what is proven while it is answered may not be in the answer.
    const proven = this.#proven();
    const asked = this.#query(ask).then((answer): Answered<T> => {
      const remembered = { answer, atMs: nowMs, proven };
      // Without `proven`: all answers of a time share it.
      this.#remembered.set(key, remembered, byteSizeOf({ answer, atMs: nowMs }));
      return { ...remembered, stale: false };
    });
    if (known === undefined) return asked.catch((error: unknown) => this.#unavailable(error));
    return this.#race(asked, { ...known, stale: true });
  }

  /**
   * Asks; remembers nothing.
   * @throws GraphQLError as `read` does.
   */
  async ask<T>(ask: (pool: Pool) => Promise<T>): Promise<T> {
    if (!this.#outage.allows(Date.now())) return this.#unavailable();
    return this.#query(ask).catch((error: unknown) => this.#unavailable(error));
  }

  /** What the health check found: outages begin and end without anybody asking. */
  tell(isUp: boolean): void {
    if (isUp) this.#succeeded();
    else this.#outage.failed(Date.now());
  }

  async #query<T>(ask: (pool: Pool) => Promise<T>): Promise<T> {
    try {
      const answer = await ask(this.#pool);
      this.#succeeded();
      return answer;
    } catch (error) {
      if (error instanceof GraphQLError) throw error;
      // Class 22: the database answered, about a value that it cannot hold.
      if (/^22...$/.test(String((error as { code?: unknown }).code)))
        throw badInput('A value is out of range or contains a character that cannot be stored.');
      this.#outage.failed(Date.now());
      throw error;
    }
  }

  /** The answer, or what is remembered when it fails or takes too long. It goes on then, and is remembered when it comes. */
  async #race<T>(asked: Promise<Answered<T>>, remembered: Answered<T>): Promise<Answered<T>> {
    let timer: NodeJS.Timeout | undefined;
    const impatient = new Promise<Answered<T>>((resolve) => {
      timer = setTimeout(() => {
        this.#slowness.failed(Date.now());
        resolve(remembered);
      }, PATIENCE_MS);
    });
    const answered = asked.catch((error: unknown): Answered<T> => {
      if (error instanceof GraphQLError) throw error;
      return remembered;
    });
    try {
      return await Promise.race([answered, impatient]);
    } finally {
      clearTimeout(timer);
      answered.catch(() => undefined);
    }
  }

  #succeeded(): void {
    this.#outage.succeeded();
    this.#slowness.succeeded();
  }

  #unavailable(error?: unknown): never {
    if (error instanceof GraphQLError) throw error;
    if (error !== undefined) this.#log.error({ err: error }, 'the database does not answer');
    throw unavailable('The database does not answer and this was not asked before; try again later.');
  }
}
