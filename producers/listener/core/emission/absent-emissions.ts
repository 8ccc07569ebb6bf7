/**
 * What to do with a transaction that this listener wrote at confirmed, or that its subscription told of, and that the
 * finalised walks do not show. A walk's silence is no proof: the transaction is looked up by its signature, twice at different times, before it is taken back.
 */

import { codeOf } from '../../../../runtime/errors.ts';
import type { ChainReader, LogRecord, Observer, SignatureRow } from '../ports.ts';
import type { PendingEmission } from './emissions.ts';
import type { ListenerState } from './listener-state.ts';
import type { RowSettler } from './row-settler.ts';
import { restated } from './stream-events.ts';
import type { WriteQueue } from './write-queue.ts';

/** Lookups, in different rounds, that must find nothing. */
const LOOKUPS = 2;

export interface AbsentPorts {
  readonly chain: ChainReader;
  readonly queue: WriteQueue;
  readonly state: ListenerState;
  readonly settler: RowSettler;
  readonly observer: Observer;
}

export type Resolution =
  | { readonly kind: 'retracted' }
  /** Final, though no walk showed it. */
  | { readonly kind: 'omitted'; readonly row: SignatureRow }
  /** Not known yet: the watermark must wait below it. */
  | { readonly kind: 'open' };

export class AbsentEmissions {
  readonly #ports: AbsentPorts;
  /** Signature to lookups that found nothing. */
  readonly #lookups = new Map<string, number>();

  constructor(ports: AbsentPorts) {
    this.#ports = ports;
  }

  /** @param emission What was written at confirmed, or what the subscription told of and nobody has written. */
  async resolve(emission: Pick<PendingEmission, 'signature' | 'slot'>): Promise<Resolution> {
    const { chain } = this.#ports;
    const { answer } = await chain.transaction(emission.signature, 'finalized');
    if (answer !== null) {
      const row = await this.#settle(emission.signature, answer);
      this.#lookups.delete(emission.signature);
      return { kind: 'omitted', row };
    }
    if (await this.#mayStillBeFinal(emission)) return { kind: 'open' };
    const lookups = (this.#lookups.get(emission.signature) ?? 0) + 1;
    if (lookups < LOOKUPS) {
      this.#lookups.set(emission.signature, lookups);
      return { kind: 'open' };
    }
    await this.#retract(emission);
    this.#lookups.delete(emission.signature);
    return { kind: 'retracted' };
  }

  /** Writes what is final. What makes no sense and was never written becomes a dead letter by its row, as everywhere. */
  async #settle(signature: string, answer: unknown): Promise<SignatureRow> {
    const { settler, state } = this.#ports;
    try {
      const { slot, failed, blockTime } = await settler.settleAnswer(answer);
      return { signature, slot, failed, blockTime };
    } catch (error) {
      const row = rowOf(signature, answer);
      const isOwn = state.emissions.pending(signature) !== undefined;
      if (isOwn || row === undefined || codeOf(error) !== 'TRANSACTION_MALFORMED') throw error;
      return row;
    }
  }

  /** Whether the node still holds it for good, or for being in the slot where we saw it. */
  async #mayStillBeFinal(emission: Pick<PendingEmission, 'signature' | 'slot'>): Promise<boolean> {
    try {
      const status = await this.#ports.chain.signatureStatus(emission.signature);
      return status !== null && (status.finalized || status.slot === emission.slot);
    } catch (error) {
      if (codeOf(error) === 'RPC_METHOD_MISSING') return false;
      throw error;
    }
  }

  async #retract(emission: Pick<PendingEmission, 'signature' | 'slot'>): Promise<void> {
    const { queue, state, observer } = this.#ports;
    const { signature, slot } = emission;
    const written = await queue.submit({
      about: signature,
      build: () => {
        const current = state.emissions.pending(signature);
        if (current === undefined || current.slot !== slot) return [];
        return current.events.map(
          (event): LogRecord => ({ kind: 'event', event: restated(event, { retracted: true }) }),
        );
      },
      committed: () => state.emissions.recordRetracted(signature, slot),
    });
    if (written) observer.retracted(signature, slot);
  }
}

/** The row of a signature, as a list would show it, from its transaction; undefined where that has no slot. */
function rowOf(signature: string, answer: unknown): SignatureRow | undefined {
  const { slot, blockTime, meta } = (answer ?? {}) as {
    slot?: unknown;
    blockTime?: unknown;
    meta?: { err?: unknown } | null;
  };
  if (typeof slot !== 'number' || !Number.isSafeInteger(slot)) return undefined;
  return {
    signature,
    slot,
    failed: (meta?.err ?? null) !== null,
    blockTime: typeof blockTime === 'number' ? blockTime : null,
  };
}
