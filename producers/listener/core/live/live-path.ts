/**
 * The live path: a signature that was seen at confirmed is fetched, decoded and written at once. It may drop anything (a
 * full queue, a transaction that does not appear): the reconciling path finds what is missing.
 */

import { backoffMs } from '../../../../runtime/backoff.ts';
import { isVouched } from '../emission/emissions.ts';
import type { ListenerState } from '../emission/listener-state.ts';
import { restated, type TransactionEvents, toStreamEvents } from '../emission/stream-events.ts';
import type { WriteQueue } from '../emission/write-queue.ts';
import type { ChainReader, Clock, LogRecord, Observer } from '../ports.ts';
import { Semaphore } from '../reading/semaphore.ts';

export interface LiveSettings {
  readonly source: string;
  readonly programId: string;
  /** Most signatures under way, waiting for a retry included. */
  readonly queueLimit: number;
  readonly concurrency: number;
  /** Most transactions written at confirmed and not yet final; more than that and finality has stopped. */
  readonly pendingLimit: number;
}

export interface LiveSignature {
  readonly signature: string;
  readonly slot: number;
}

const ATTEMPTS = 12;
const FIRST_RETRY_MS = 25;
const LONGEST_RETRY_MS = 2000;
const OFFERS_REMEMBERED = 20_000;

export interface LivePathPorts {
  readonly chain: ChainReader;
  readonly queue: WriteQueue;
  readonly state: ListenerState;
  readonly clock: Clock;
  readonly random: () => number;
  readonly observer: Observer;
  readonly signal: AbortSignal;
}

export class LivePath {
  readonly #ports: LivePathPorts;
  readonly #settings: LiveSettings;
  readonly #fetching: Semaphore;
  readonly #underWay = new Map<string, Promise<void>>();
  /** The newest offers, oldest first. */
  readonly #offered = new Set<string>();

  constructor(ports: LivePathPorts, settings: LiveSettings) {
    this.#ports = ports;
    this.#settings = settings;
    this.#fetching = new Semaphore(settings.concurrency);
  }

  get depth(): number {
    return this.#underWay.size;
  }

  /** Whether the signature was offered lately, whatever became of it. */
  wasOffered(signature: string): boolean {
    return this.#offered.has(signature);
  }

  /** Takes a signature up, unless it is known, under way, or there is no room. Never waits. */
  offer({ signature, slot }: LiveSignature): void {
    const { state, observer, clock, signal } = this.#ports;
    const { emissions, cursor } = state;
    this.#remember(signature);
    if (signal.aborted || cursor === undefined || this.#underWay.has(signature)) return;
    if (emissions.isFinal(signature) || slot <= cursor.slot || slot < cursor.fromSlot) return;
    if (emissions.pending(signature)?.slot === slot) return;
    if (this.#underWay.size >= this.#settings.queueLimit || emissions.pendingCount >= this.#settings.pendingLimit) {
      observer.liveDropped('queue-full', signature, slot);
      return;
    }
    const work = this.#ingest(signature, slot, clock.nowMs()).finally(() => this.#underWay.delete(signature));
    this.#underWay.set(signature, work);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay.values());
  }

  #remember(signature: string): void {
    this.#offered.add(signature);
    if (this.#offered.size <= OFFERS_REMEMBERED) return;
    for (const oldest of this.#offered) {
      this.#offered.delete(oldest);
      return;
    }
  }

  async #ingest(signature: string, slot: number, noticedAtMs: number): Promise<void> {
    const { clock, observer, random, signal } = this.#ports;
    let reason: 'not-found' | 'failed' = 'not-found';
    for (let attempt = 1; attempt <= ATTEMPTS && !signal.aborted; attempt += 1) {
      try {
        const transaction = await this.#fetching.use(() => this.#fetch(signature));
        if (transaction !== undefined) {
          await this.#write(transaction, noticedAtMs);
          return;
        }
        reason = 'not-found';
      } catch {
        // The reconciling path meets the same error, says what it is, and holds the watermark.
        reason = 'failed';
      }
      try {
        await clock.sleep(backoffMs(attempt, FIRST_RETRY_MS, LONGEST_RETRY_MS, random), signal);
      } catch {
        return;
      }
    }
    if (!signal.aborted) observer.liveDropped(reason, signature, slot);
  }

  async #fetch(signature: string): Promise<TransactionEvents | undefined> {
    const { answer } = await this.#ports.chain.transaction(signature, 'confirmed');
    if (answer === null) return undefined;
    const { source, programId } = this.#settings;
    return toStreamEvents(answer, { source, programId, commitment: 'confirmed' });
  }

  async #write(transaction: TransactionEvents, noticedAtMs: number): Promise<void> {
    const { queue, state, observer, clock } = this.#ports;
    if (transaction.events.length === 0) return;
    let replaced: { readonly slot: number } | undefined;
    const written = await queue.submit({
      build: () => {
        const { emissions, cursor } = state;
        const known = emissions.pending(transaction.signature);
        // What a watermark has passed was either written then or is not final: never write it at confirmed again.
        const late = cursor === undefined || transaction.slot <= cursor.slot;
        const same = known !== undefined && isVouched(known, transaction);
        if (late || same || emissions.isFinal(transaction.signature)) return [];
        replaced = known;
        return [...(known?.events ?? []).map(takenBack), ...transaction.events.map(asRecord)];
      },
      committed: (offsets) => {
        const { emissions } = state;
        if (replaced !== undefined) {
          emissions.recordRetracted(transaction.signature, replaced.slot);
          observer.retracted(transaction.signature, replaced.slot);
        }
        const { signature, slot, failed, events } = transaction;
        emissions.recordConfirmed({ signature, slot, failed, events, offsets, tainted: replaced !== undefined });
      },
    });
    if (written) {
      observer.eventsWritten(transaction.events, 'live', { noticedAtMs, acknowledgedAtMs: clock.nowMs() });
    }
  }
}

const takenBack = (event: TransactionEvents['events'][number]): LogRecord =>
  asRecord(restated(event, { retracted: true }));
const asRecord = (event: TransactionEvents['events'][number]): LogRecord => ({ kind: 'event', event });
