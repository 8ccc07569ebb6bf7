/** Moving the watermark up to a slot that is proven: what was written at confirmed is settled first. */

import { AppError } from '../../../../runtime/errors.ts';
import type { Cursor } from '../../../../schemas/records.ts';
import type { AbsentEmissions } from '../emission/absent-emissions.ts';
import { isVouched } from '../emission/emissions.ts';
import type { ListenerState } from '../emission/listener-state.ts';
import type { WriteQueue } from '../emission/write-queue.ts';
import type { ChainReader, Clock, Observer, SignatureRow } from '../ports.ts';
import { countBetween, newestUpTo } from './walk-ledger.ts';
import { blockTimeAt, type ProofMethod, writeWatermark } from './watermark.ts';

/** What a range is proven by. */
export interface Evidence {
  /** Every signature of the range. */
  readonly rows: ReadonlyMap<string, SignatureRow>;
  readonly method: ProofMethod;
  readonly endpoint: string;
  /** Told of a signature that is final though the evidence does not show it. */
  addOmitted(row: SignatureRow): void;
}

export interface AdvancePorts {
  readonly chain: ChainReader;
  readonly queue: WriteQueue;
  readonly state: ListenerState;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly absent: AbsentEmissions;
  /** Milliseconds since the Unix epoch. */
  readonly wallMs: () => number;
  /** Whether the subscription should have told of this signature, and did not. */
  readonly missedByLive: (row: SignatureRow) => boolean;
  /** Looks once more at what the endpoints are; throws when one became another chain's. */
  readonly verify: (cursor: Cursor) => Promise<void>;
}

export class Advance {
  readonly #ports: AdvancePorts;
  readonly #source: string;
  /** Generation of the state on which the proofs of this round rest. */
  generation = -1;

  constructor(ports: AdvancePorts, source: string) {
    this.#ports = ports;
    this.#source = source;
  }

  /**
   * Settles what this listener wrote at confirmed, and what its subscription told of, up to `slot`, then writes the watermark as high as that allows.
   * @param floorSlot First slot that the evidence judges.
   * @returns whether the cursor reached `slot`.
   */
  async to(slot: number, floorSlot: number, evidence: Evidence): Promise<boolean> {
    const { chain, state, observer, absent } = this.#ports;
    const isSettled = (signature: string): boolean => {
      const pending = state.emissions.pending(signature);
      const row = evidence.rows.get(signature);
      return pending === undefined || (row !== undefined && isVouched(pending, row));
    };
    let provenSlot = slot;
    const told = state.unexplainedUpTo(slot).filter(({ signature }) => !evidence.rows.has(signature));
    const pending = state.emissions.pendingUpTo(slot).filter(({ signature }) => !isSettled(signature));
    for (const emission of [...pending, ...told]) {
      const resolution = await absent.resolve(emission);
      if (resolution.kind === 'open') {
        provenSlot = Math.min(provenSlot, emission.slot - 1);
        observer.blocked(emission.slot, unexplained(emission));
      } else state.explained(emission.signature);
      // Landed again above the slot, or below all that the evidence judges: its final record settles it.
      if (resolution.kind !== 'omitted' || resolution.row.slot > slot || resolution.row.slot < floorSlot) continue;
      evidence.addOmitted(resolution.row);
      provenSlot = Math.min(provenSlot, resolution.row.slot - 1);
      observer.gap('omitted-by-walks', resolution.row.signature, resolution.row.slot);
    }
    const cursor = this.cursor();
    if (provenSlot <= cursor.slot) return cursor.slot >= slot;
    await this.#ports.verify(cursor);
    const newest = newestUpTo(evidence.rows.values(), provenSlot);
    const range = {
      source: this.#source,
      slot: provenSlot,
      blockTime: await blockTimeAt(chain, provenSlot, cursor, newest),
      newestSignature: newest?.signature,
      signatures: countBetween(evidence.rows.values(), cursor.slot + 1, provenSlot),
      endpoint: evidence.endpoint,
      method: evidence.method,
      isSettled,
      isShown: (signature: string) => evidence.rows.has(signature),
    };
    const written = await writeWatermark(this.#ports, range, this.generation);
    if (written) observer.watermarkWritten(range.slot, range.blockTime);
    return written && provenSlot === slot;
  }

  /** @throws AppError STATE_READ_BACK where there is none. */
  cursor(): Cursor {
    const { cursor } = this.#ports.state;
    if (cursor === undefined) throw staleState();
    return cursor;
  }

  /**
   * Says which rows nobody had told of.
   * @param provenSlot What an earlier watermark covers; undefined where that cannot be judged.
   */
  reportMissed(rows: Iterable<SignatureRow>, provenSlot?: number): void {
    const { state, observer, missedByLive } = this.#ports;
    for (const row of rows) {
      if (state.emissions.isFinal(row.signature) || state.emissions.pending(row.signature) !== undefined) continue;
      if (provenSlot !== undefined && row.slot <= provenSlot) observer.gap('below-watermark', row.signature, row.slot);
      else if (missedByLive(row)) observer.gap('missed-by-live', row.signature, row.slot);
    }
  }
}

function unexplained({ signature, slot }: { readonly signature: string; readonly slot: number }): AppError {
  return new AppError(
    'SIGNATURE_UNEXPLAINED',
    `The subscription told of ${signature} in slot ${slot}, no walk or block shows it, and looking it up does not yet say what became of it: the watermark waits below it. If that goes on, the RPC endpoint lacks a part of its history: add another to ANCHOR_PROVIDER_URL.`,
    { retryable: true, context: { signature, slot } },
  );
}

/** A round that rests on what was known before the state was read back is worth nothing. */
export function staleState(): AppError {
  return new AppError('STATE_READ_BACK', 'The state was read back from the topics meanwhile; the round begins anew.', {
    retryable: true,
  });
}
