/**
 * All writes of a listener, one transaction after the other. Records are built when their turn comes, so that each write
 * sees what the one before it has settled; small writes that wait together share a transaction.
 */

import { AppError, codeOf } from '../../../../runtime/errors.ts';
import type { BaseOffsets, EventLog, LogRecord } from '../ports.ts';

/** Most jobs of one transaction. */
const MAX_JOBS_PER_TRANSACTION = 1000;

export interface WriteJob {
  /** The records as things stand now; none writes nothing. */
  build(): readonly LogRecord[];
  /** Called at once after the transaction, before anything else is built. Not called when nothing was written. */
  committed?(offsets: BaseOffsets): void;
  /** True: alone in its transaction. */
  readonly exclusive?: boolean;
  /** What it writes about; jobs about the same are never built together: the later one sees what the earlier has settled. */
  readonly about?: string;
}

interface Waiting {
  readonly job: WriteJob;
  readonly settled: PromiseWithResolvers<boolean>;
}

export interface WriteQueueOptions {
  readonly log: EventLog;
  /** After a transaction with unknown outcome: take the id over again and read back. Resolves when that is done. */
  recover(): Promise<void>;
  /** Another process owns the transactional id. */
  fenced(error: unknown): void;
}

export class WriteQueue {
  readonly #options: WriteQueueOptions;
  #waiting: Waiting[] = [];
  #pumping: Promise<void> | undefined;
  #closed: Error | undefined;
  #roomWanted: (() => void)[] = [];

  constructor(options: WriteQueueOptions) {
    this.#options = options;
  }

  /** Jobs that wait. */
  get depth(): number {
    return this.#waiting.length;
  }

  /**
   * @returns whether anything was written.
   * @throws AppError TRANSACTION_FAILED (the state was read back: judge again), PRODUCER_FENCED, STOPPED, RECORD_INVALID.
   */
  submit(job: WriteJob): Promise<boolean> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    const settled = Promise.withResolvers<boolean>();
    this.#waiting.push({ job, settled });
    this.#pumping ??= this.#pump();
    return settled.promise;
  }

  /** Resolves when fewer than `limit` jobs wait. */
  async room(limit: number): Promise<void> {
    while (this.#waiting.length >= limit && this.#closed === undefined) {
      await new Promise<void>((resolve) => this.#roomWanted.push(resolve));
    }
  }

  /** Writes what waits, then refuses more. */
  async close(): Promise<void> {
    while (this.#pumping !== undefined) await this.#pumping;
    this.#end(new AppError('STOPPED', 'The listener stops.', { retryable: true }));
  }

  async #pump(): Promise<void> {
    // One turn later, so that what is submitted together is written together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      this.#wakeRoom();
      await this.#writeBatch(batch);
    }
    this.#pumping = undefined;
  }

  #takeBatch(): Waiting[] {
    const first = this.#waiting[0];
    if (first?.job.exclusive === true) return this.#waiting.splice(0, 1);
    const abouts = new Set<string>();
    const end = this.#waiting.findIndex(({ job: { exclusive, about } }) => {
      if (exclusive === true || (about !== undefined && abouts.has(about))) return true;
      if (about !== undefined) abouts.add(about);
      return false;
    });
    return this.#waiting.splice(0, Math.min(end === -1 ? this.#waiting.length : end, MAX_JOBS_PER_TRANSACTION));
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    const built: { readonly waiting: Waiting; readonly records: readonly LogRecord[] }[] = [];
    for (const waiting of batch) {
      try {
        const records = waiting.job.build();
        if (records.length > 0) built.push({ waiting, records });
        else waiting.settled.resolve(false);
      } catch (error) {
        waiting.settled.reject(error);
      }
    }
    if (built.length === 0) return;
    try {
      const offsets = await this.#options.log.commit(built.flatMap(({ records }) => records));
      for (const { waiting } of built) {
        waiting.job.committed?.(offsets);
        waiting.settled.resolve(true);
      }
    } catch (error) {
      await this.#failed(
        built.map(({ waiting }) => waiting),
        error,
      );
    }
  }

  async #failed(batch: readonly Waiting[], error: unknown): Promise<void> {
    const code = codeOf(error);
    if (code === 'PRODUCER_FENCED') {
      for (const { settled } of batch) settled.reject(error);
      this.#end(error);
      this.#options.fenced(error);
    } else if (code === 'TRANSACTION_FAILED') {
      try {
        await this.#options.recover();
      } catch (recoverError) {
        this.#end(recoverError);
      }
      for (const { settled } of batch) settled.reject(error);
    } else if (batch.length > 1) {
      // A record that cannot be encoded must not take its neighbours along.
      for (const waiting of batch) await this.#writeBatch([waiting]);
    } else {
      for (const { settled } of batch) settled.reject(error);
    }
  }

  #end(reason: unknown): void {
    this.#closed = reason instanceof Error ? reason : new Error(String(reason));
    for (const { settled } of this.#waiting.splice(0)) settled.reject(reason);
    this.#wakeRoom();
  }

  #wakeRoom(): void {
    for (const wake of this.#roomWanted.splice(0)) wake();
  }
}
