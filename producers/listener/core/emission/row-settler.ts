/** Seeing to it that the transaction behind each finalised signature stands in the topic, or in the dead letters. */

import type { SignatureRow } from '../ports.ts';
import type { EmissionPorts } from './emission-ports.ts';
import { isVouched } from './emissions.ts';
import { type GivenAnswers, readTransaction, Unreadable } from './read-transaction.ts';
import { sameContent, type TransactionEvents, toStreamEvents } from './stream-events.ts';
import { writeFinal } from './write-final.ts';

export interface SettlerSettings {
  readonly source: string;
  readonly programId: string;
  /** Transactions asked for before the first is there; how many requests that makes is the chain reader's to decide. */
  readonly wantedAtOnce: number;
  /** Share of the vouched transactions, 0 to 1, that is fetched again at finalized and compared. */
  readonly compareShare: number;
  /** Failed transactions are neither fetched nor written, unless something of them was written before. */
  readonly skipFailed: boolean;
}

export interface Unsettled {
  readonly row: SignatureRow;
  readonly error: unknown;
}

/** Failed tries, at different times, after which an answer that does not decode is taken for the truth. */
const MALFORMED_TRIES = 3;
/** Waiting writes at which fetching pauses. */
const WRITE_BACKLOG = 2000;

export class RowSettler {
  readonly #ports: EmissionPorts;
  readonly #settings: SettlerSettings;
  /** Signature to failed tries to decode. */
  readonly #malformed = new Map<string, number>();
  /** Signatures whose letter is written, to slot. */
  readonly #lettered = new Map<string, number>();

  constructor(ports: EmissionPorts, settings: SettlerSettings) {
    this.#ports = ports;
    this.#settings = settings;
  }

  /** Whether the transaction needs nothing more than a watermark. */
  isSettled(row: SignatureRow): boolean {
    const { emissions } = this.#ports.state;
    if (emissions.isFinal(row.signature) || this.#lettered.has(row.signature)) return true;
    const pending = emissions.pending(row.signature);
    if (pending === undefined) return row.failed && this.#settings.skipFailed;
    return isVouched(pending, row);
  }

  /** Fetches and writes what is missing. @returns the rows that could not be settled this time. */
  async settle(rows: Iterable<SignatureRow>, given?: GivenAnswers): Promise<Unsettled[]> {
    return (await this.fetchAndQueue(rows, given)).written;
  }

  /** Resolves when everything is fetched; `written`, when it is written too, to the rows that could not be settled. */
  async fetchAndQueue(
    rows: Iterable<SignatureRow>,
    given?: GivenAnswers,
  ): Promise<{ readonly written: Promise<Unsettled[]> }> {
    const { queue, signal } = this.#ports;
    const waiting = [...rows].filter((row) => !this.isSettled(row)).sort((a, b) => a.slot - b.slot);
    const unsettled: Unsettled[] = [];
    const writes: Promise<void>[] = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let row = waiting[next++]; row !== undefined && !signal.aborted; row = waiting[next++]) {
        const current = row;
        const failed = (error: unknown): void => void unsettled.push({ row: current, error });
        try {
          await queue.room(WRITE_BACKLOG);
          const transaction = await this.#fetch(current, given);
          writes.push(this.#write(transaction).catch(failed));
        } catch (error) {
          await this.#undecodable(current, error).catch(failed);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.#settings.wantedAtOnce, waiting.length) }, worker));
    const written = Promise.all(writes).then(() => {
      signal.throwIfAborted();
      return unsettled;
    });
    // Whoever was to wait for it may have ended by an error of its own.
    written.catch(() => undefined);
    return { written };
  }

  /** Fetches a sample of what live wrote once more, at finalized, and compares; a difference is corrected. */
  async compareSample(rows: Iterable<SignatureRow>): Promise<void> {
    const { state, random, observer } = this.#ports;
    for (const row of rows) {
      const pending = state.emissions.pending(row.signature);
      if (pending === undefined || !isVouched(pending, row) || random() >= this.#settings.compareShare) continue;
      const transaction = await this.#fetch(row).catch(throwReason);
      if (transaction.slot === pending.slot && sameContent(transaction.events, pending.events)) continue;
      observer.contentDiffers(row.signature, row.slot);
      await this.#write(transaction);
    }
  }

  /** Writes a transaction that turned out to be final though no walk showed it. */
  async settleAnswer(answer: unknown): Promise<TransactionEvents> {
    const transaction = this.#decode(answer);
    await this.#write(transaction);
    return transaction;
  }

  prune(slot: number): void {
    for (const [signature, at] of this.#lettered) if (at < slot) this.#lettered.delete(signature);
  }

  async #fetch(row: SignatureRow, given?: GivenAnswers): Promise<TransactionEvents> {
    const transaction = await readTransaction(this.#ports, row, (answer) => this.#decode(answer), given);
    this.#malformed.delete(row.signature);
    return transaction;
  }

  #decode(answer: unknown): TransactionEvents {
    const { source, programId } = this.#settings;
    return toStreamEvents(answer, { source, programId, commitment: 'finalized' });
  }

  #write(transaction: TransactionEvents): Promise<void> {
    return writeFinal(this.#ports, transaction, { outcome: 'reconciled', noticedAtMs: undefined });
  }

  /** What every endpoint gives alike, and makes no sense time after time, goes to the dead letters; every other error stands. */
  async #undecodable(row: SignatureRow, error: unknown): Promise<void> {
    if (!(error instanceof Unreadable)) throw error;
    if (!error.agreed) throw error.reason;
    const tries = (this.#malformed.get(row.signature) ?? 0) + 1;
    this.#malformed.set(row.signature, tries);
    if (tries < MALFORMED_TRIES) throw error.reason;
    const { signature, slot } = row;
    const letter = { signature, slot, raw: JSON.stringify(error.answer), error: error.reason };
    await this.#ports.queue.submit({
      build: () => [{ kind: 'deadLetter', letter }],
      committed: () => this.#lettered.set(signature, slot),
    });
    this.#malformed.delete(signature);
    this.#ports.observer.deadLettered(signature, slot, error.reason);
  }
}

function throwReason(error: unknown): never {
  throw error instanceof Unreadable ? error.reason : error;
}
