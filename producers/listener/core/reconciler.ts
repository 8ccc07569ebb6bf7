/**
 * The reconciling path, round by round: walk the finalised signatures from the newest down to the cursor, write what is
 * missing, take back what finality did not keep, and, once the walks agree, write watermark and cursor in one transaction.
 * Everything that is not certain holds the watermark; a watermark may be late, it is never wrong.
 */

import { AppError } from '../../../runtime/errors.ts';
import type { Cursor } from '../../../schemas/records.ts';
import { AbsentEmissions } from './absent-emissions.ts';
import { type Chunk, digestOf, type Scan, scanHistory } from './history-scan.ts';
import { isVouched } from './emissions.ts';
import { OmissionRates } from './omission-rates.ts';
import type { SignatureRow } from './ports.ts';
import { RowSettler, type SettlerPorts, type SettlerSettings } from './row-settler.ts';
import { type LedgerChange, type Walk, WalkLedger } from './walk-ledger.ts';
import { blockTimeAt, writeWatermark } from './watermark.ts';

export interface ReconcilerSettings extends SettlerSettings {
  /** Last slot to prove; undefined follows the chain. */
  readonly lastSlot: number | undefined;
  /** Signatures of one chunk of a long stretch. */
  readonly chunkRows: number;
  /** Pause between two tries within a round. */
  readonly retryMs: number;
}

export interface ReconcilerPorts extends SettlerPorts {
  /** Milliseconds since the Unix epoch. */
  readonly wallMs: () => number;
  /** Slot since which the subscription has been up without a break; undefined while it is down. */
  readonly liveSinceSlot: () => number | undefined;
  /** Told of each finished chunk of a long stretch. */
  readonly progress?: (done: StretchProgress) => void;
}

export interface StretchProgress {
  /** Signatures settled, and in the whole stretch. */
  readonly rows: number;
  readonly totalRows: number;
  readonly slot: number;
}

/** What a round came to. */
export interface Round {
  /** Slot that the chain had finalised. */
  readonly tipSlot: number;
  /** Slot of the cursor after the round. */
  readonly cursorSlot: number;
}

export class Reconciler {
  readonly #ports: ReconcilerPorts;
  readonly #settings: ReconcilerSettings;
  readonly #settler: RowSettler;
  readonly #absent: AbsentEmissions;
  readonly #rates = new OmissionRates();
  #ledger: WalkLedger;
  #generation = -1;

  constructor(ports: ReconcilerPorts, settings: ReconcilerSettings) {
    this.#ports = ports;
    this.#settings = settings;
    this.#settler = new RowSettler(ports, settings);
    this.#absent = new AbsentEmissions({ ...ports, settler: this.#settler });
    this.#ledger = new WalkLedger(this.#rates);
  }

  /** @throws AppError of the chain or of the write queue; the next round begins anew. */
  async round(): Promise<Round> {
    const { chain, state } = this.#ports;
    const cursor = this.#cursor();
    if (state.generation !== this.#generation) {
      this.#generation = state.generation;
      this.#ledger = new WalkLedger(this.#rates);
    }
    const tip = await chain.finalizedSlot();
    this.#rates.tipSeen(tip.endpoint, tip.slot);
    const tipSlot = tip.slot;
    state.finalizedSlot = Math.max(tipSlot, state.finalizedSlot ?? 0);
    const targetSlot = Math.min(tipSlot, this.#settings.lastSlot ?? tipSlot);
    const floorSlot = state.floorSlot(cursor);
    if (targetSlot >= floorSlot) {
      const scan = await scanHistory(chain, {
        floorSlot,
        targetSlot,
        before: undefined,
        mustReachSlot: cursor.signature === null ? undefined : cursor.slot,
        avoid: this.#ledger.newestEndpoint,
        chunkRows: this.#settings.chunkRows,
      });
      if (scan.kind === 'walk') await this.#steady(cursor, scan, floorSlot, targetSlot);
      else await this.#catchUp(scan.chunks, scan.rowCount);
    }
    return { tipSlot, cursorSlot: this.#cursor().slot };
  }

  async #steady(
    cursor: Cursor,
    { walk }: Extract<Scan, { kind: 'walk' }>,
    floorSlot: number,
    targetSlot: number,
  ): Promise<void> {
    const first = this.#ledger.newestEndpoint === undefined;
    const change = this.#ledger.add(walk);
    this.#reportOmissions(change);
    this.#reportGaps(change, first ? undefined : cursor.slot);
    const rows = [...this.#ledger.rows.values()].filter((row) => row.slot >= floorSlot && row.slot <= targetSlot);
    const unsettled = await this.#settler.settle(rows);
    for (const { error, row } of unsettled) this.#ports.observer.blocked(row.slot, error);
    await this.#settler.compareSample(rows);
    const historyKnown = cursor.signature !== null || this.#ports.state.emissions.pendingCount > 0;
    const proven = this.#ledger.provenSlot(floorSlot, historyKnown);
    const firstUnsettled = Math.min(...unsettled.map(({ row }) => row.slot));
    if (proven === undefined) return;
    await this.#advance(this.#ledger, floorSlot, Math.min(proven, firstUnsettled - 1), walk.endpoint);
    const after = this.#cursor();
    this.#ledger.prune(this.#ports.state.floorSlot(after));
    this.#settler.prune(this.#ports.state.floorSlot(after));
  }

  /** Chunk by chunk from the oldest on; each ends in a watermark, so that a crash costs one chunk. */
  async #catchUp(chunks: readonly Chunk[], totalRows: number): Promise<void> {
    let rows = 0;
    // The newest chunk still grows: the rounds after this one walk it.
    const closed = this.#settings.lastSlot === undefined ? chunks.slice(0, -1) : chunks;
    for (const [position, chunk] of closed.entries()) {
      const older = position === 0 ? undefined : chunk.floorSlot - 1;
      const cursor = this.#cursor();
      const mustReachSlot = older ?? (cursor.signature === null ? undefined : cursor.slot);
      await this.#settleChunk(chunk, mustReachSlot);
      rows += chunk.rowCount;
      this.#ports.progress?.({ rows, totalRows, slot: chunk.lastSlot });
    }
  }

  async #settleChunk(chunk: Chunk, mustReachSlot: number | undefined): Promise<void> {
    const { clock, observer, signal } = this.#ports;
    const ledger = new WalkLedger(this.#rates);
    let endpoint = chunk.endpoint;
    for (;;) {
      const walk = await this.#walkChunk(chunk, mustReachSlot, endpoint);
      endpoint = walk.endpoint;
      // The scan remembered only a digest: the same digest is the same set of rows, shown earlier.
      if (ledger.newestEndpoint === undefined && digestOf(walk.rows.values()) === chunk.digest) {
        ledger.add({ ...walk, endpoint: chunk.endpoint });
      }
      this.#reportOmissions(ledger.add(walk));
      const unsettled = await this.#settler.settle(ledger.rows.values());
      for (const { error, row } of unsettled) observer.blocked(row.slot, error);
      const proven = ledger.provenSlot(chunk.floorSlot, true);
      if (unsettled.length === 0 && proven === chunk.lastSlot) {
        const reached = await this.#advance(ledger, chunk.floorSlot, proven, endpoint);
        if (reached) return;
      }
      await clock.sleep(this.#settings.retryMs, signal);
      if (this.#ports.state.generation !== this.#generation) throw staleState();
    }
  }

  async #walkChunk(chunk: Chunk, mustReachSlot: number | undefined, avoid: string): Promise<Walk> {
    const scan = await scanHistory(this.#ports.chain, {
      floorSlot: chunk.floorSlot,
      targetSlot: chunk.lastSlot,
      before: chunk.before,
      mustReachSlot,
      avoid,
      chunkRows: Number.POSITIVE_INFINITY,
    });
    if (scan.kind === 'walk') return scan.walk;
    throw new AppError('UNEXPECTED', 'An uncut walk came back in chunks.');
  }

  /**
   * Settles what this listener wrote at confirmed up to `slot`, then writes the watermark as high as that allows.
   * @returns whether the cursor reached `slot`.
   */
  async #advance(ledger: WalkLedger, floorSlot: number, slot: number, endpoint: string): Promise<boolean> {
    const { chain, state, observer } = this.#ports;
    const isSettled = (signature: string): boolean => {
      const pending = state.emissions.pending(signature);
      const row = ledger.rows.get(signature);
      return pending === undefined || (row !== undefined && isVouched(pending, row));
    };
    let provenSlot = slot;
    for (const emission of state.emissions.pendingUpTo(slot)) {
      if (isSettled(emission.signature)) continue;
      const resolution = await this.#absent.resolve(emission);
      if (resolution.kind === 'open') provenSlot = Math.min(provenSlot, emission.slot - 1);
      // Landed again above the slot, or below all that this ledger judges: its final record settles it.
      if (resolution.kind !== 'omitted' || resolution.row.slot > slot || resolution.row.slot < floorSlot) continue;
      ledger.addOmitted(resolution.row);
      provenSlot = Math.min(provenSlot, resolution.row.slot - 1);
      observer.gap('omitted-by-walks', resolution.row.signature, resolution.row.slot);
    }
    const cursor = this.#cursor();
    if (provenSlot <= cursor.slot) return cursor.slot >= slot;
    const newest = newestUpTo(ledger.rows.values(), provenSlot);
    const range = {
      source: this.#settings.source,
      slot: provenSlot,
      blockTime: await blockTimeAt(chain, provenSlot, cursor, newest),
      newestSignature: newest?.signature,
      signatures: countBetween(ledger.rows.values(), cursor.slot + 1, provenSlot),
      endpoint,
      isSettled,
    };
    const written = await writeWatermark(this.#ports, range, this.#generation);
    if (written) observer.watermarkWritten(range.slot, range.blockTime);
    return written && provenSlot === slot;
  }

  #cursor(): Cursor {
    const { cursor } = this.#ports.state;
    if (cursor === undefined) throw staleState();
    return cursor;
  }

  #reportOmissions(change: LedgerChange): void {
    for (const [endpoint, rows] of change.omissions) this.#ports.chain.disagreed(endpoint, rows);
  }

  /** @param provenSlot What an earlier watermark covers; undefined where this is the first walk since the start. */
  #reportGaps(change: LedgerChange, provenSlot: number | undefined): void {
    const { state, observer, liveSinceSlot } = this.#ports;
    const liveSince = liveSinceSlot();
    for (const row of change.added) {
      const known = state.emissions.isFinal(row.signature) || state.emissions.pending(row.signature) !== undefined;
      if (known) continue;
      if (provenSlot !== undefined && row.slot <= provenSlot) observer.gap('below-watermark', row.signature, row.slot);
      else if (liveSince !== undefined && row.slot > liveSince) observer.gap('missed-by-live', row.signature, row.slot);
    }
  }
}

function newestUpTo(rows: Iterable<SignatureRow>, slot: number): SignatureRow | undefined {
  let newest: SignatureRow | undefined;
  for (const row of rows) {
    if (row.slot <= slot && (newest === undefined || row.slot > newest.slot)) newest = row;
  }
  return newest;
}

function countBetween(rows: Iterable<SignatureRow>, fromSlot: number, toSlot: number): number {
  let count = 0;
  for (const row of rows) if (row.slot >= fromSlot && row.slot <= toSlot) count += 1;
  return count;
}

function staleState(): AppError {
  return new AppError('STATE_READ_BACK', 'The state was read back from the topics meanwhile; the round begins anew.', {
    retryable: true,
  });
}
