/**
 * The live path: a signature that was seen is fetched, decoded and written at once: at confirmed, or, where the cluster's confirmed is
 * final, as final. It may drop anything (a full queue, a transaction that does not appear): the reconciling path finds what is missing.
 */

import { backoffMs } from '../../../../runtime/backoff.ts';
import type { EmissionPorts } from '../emission/emission-ports.ts';
import { isVouched } from '../emission/emissions.ts';
import { restated, type TransactionEvents, toStreamEvents } from '../emission/stream-events.ts';
import { writeFinal } from '../emission/write-final.ts';
import type { LogRecord } from '../ports.ts';
import type { FinalityWatch } from '../reading/finality.ts';
import { Semaphore } from '../reading/semaphore.ts';

export interface LiveSettings {
  readonly source: string;
  readonly programId: string;
  /** Most signatures under way, waiting for a retry included. */
  readonly queueLimit: number;
  readonly concurrency: number;
  /** Most transactions written at confirmed and not yet final; more than that and finality has stopped. */
  readonly pendingLimit: number;
  /** Failed transactions are not taken up. */
  readonly skipFailed: boolean;
}

export interface LiveSignature {
  readonly signature: string;
  readonly slot: number;
  readonly failed: boolean;
}

const ATTEMPTS = 12;
const FIRST_RETRY_MS = 25;
const LONGEST_RETRY_MS = 2000;
const OFFERS_REMEMBERED = 20_000;

export interface LivePathPorts extends EmissionPorts {
  readonly finality: Pick<FinalityWatch, 'oneStep'>;
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
  offer(noticed: LiveSignature): void {
    const { signature, slot, failed } = noticed;
    const { state, observer, clock, signal } = this.#ports;
    const { emissions, cursor } = state;
    this.#remember(signature);
    if (failed && this.#settings.skipFailed) return;
    state.told(signature, slot);
    if (signal.aborted || cursor === undefined || this.#underWay.has(signature)) return;
    if (emissions.isFinal(signature) || slot <= cursor.slot || slot < cursor.fromSlot) return;
    if (emissions.pending(signature)?.slot === slot) return;
    if (this.#underWay.size >= this.#settings.queueLimit || emissions.pendingCount >= this.#settings.pendingLimit) {
      observer.liveDropped('queue-full', signature, slot);
      return;
    }
    const work = this.#ingest(noticed, clock.nowMs()).finally(() => this.#underWay.delete(signature));
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

  async #ingest(noticed: LiveSignature, noticedAtMs: number): Promise<void> {
    const { clock, observer, random, signal, finality } = this.#ports;
    const { signature, slot } = noticed;
    const { oneStep } = finality;
    let reason: 'not-found' | 'failed' = 'not-found';
    for (let attempt = 1; attempt <= ATTEMPTS && !signal.aborted; attempt += 1) {
      try {
        const transaction = await this.#fetching.use(() => this.#fetch(noticed, oneStep));
        if (transaction !== undefined) {
          if (oneStep) await this.#writeFinal(transaction, noticedAtMs);
          else await this.#writeConfirmed(transaction, noticedAtMs);
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

  /** @throws where a final transaction is another one than was told of: the reconciling path asks the other endpoints. */
  async #fetch({ signature, slot, failed }: LiveSignature, oneStep: boolean): Promise<TransactionEvents | undefined> {
    const commitment = oneStep ? 'finalized' : 'confirmed';
    const { answer } = await this.#ports.chain.transaction(signature, commitment);
    if (answer === null) return undefined;
    const { source, programId } = this.#settings;
    const transaction = toStreamEvents(answer, { source, programId, commitment });
    const isAsTold = transaction.signature === signature && transaction.slot === slot && transaction.failed === failed;
    if (oneStep && !(isAsTold && transaction.blockTime !== null))
      throw new Error('not the transaction that was told of');
    return transaction;
  }

  async #writeFinal(transaction: TransactionEvents, noticedAtMs: number): Promise<void> {
    const { state } = this.#ports;
    // What appears below a watermark is the reconciling path's to judge.
    const isWanted = (): boolean => state.cursor !== undefined && transaction.slot > state.cursor.slot;
    await writeFinal(this.#ports, transaction, { outcome: 'live', noticedAtMs, isWanted });
  }

  async #writeConfirmed(transaction: TransactionEvents, noticedAtMs: number): Promise<void> {
    const { queue, state, observer, clock } = this.#ports;
    if (transaction.events.length === 0) return;
    let replaced: { readonly slot: number } | undefined;
    const written = await queue.submit({
      about: transaction.signature,
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
