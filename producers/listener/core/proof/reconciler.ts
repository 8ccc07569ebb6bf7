/**
 * The reconciling path, round by round: walk the finalised signatures from the newest down to the cursor, write what is
 * missing, take back what finality did not keep, and, once the walks agree, write watermark and cursor in one transaction.
 * Everything that is not certain holds the watermark; a watermark may be late, it is never wrong.
 */

import { AppError } from '../../../../runtime/errors.ts';
import type { Cursor } from '../../../../schemas/records.ts';
import { AbsentEmissions } from '../emission/absent-emissions.ts';
import { isVouched } from '../emission/emissions.ts';
import { RowSettler, type SettlerPorts, type SettlerSettings, type Unsettled } from '../emission/row-settler.ts';
import type { SignatureRow } from '../ports.ts';
import { admit } from '../reading/admission.ts';
import { type Chunk, digestOf, type Scan, scanHistory } from './history-scan.ts';
import { OmissionRates } from './omission-rates.ts';
import { countBetween, type LedgerChange, newestUpTo, type Walk, WalkLedger } from './walk-ledger.ts';
import { blockTimeAt, writeWatermark } from './watermark.ts';

/** Walks of a chunk whose rows are all written, after which the round begins anew: with another tip, from another page. */
const CHUNK_WALKS = 12;

interface Proof {
  readonly chunk: Chunk;
  readonly mustReachSlot: number | undefined;
  readonly first: Walk;
  /** The rows that could not be settled at first. */
  readonly written: Promise<readonly Unsettled[]>;
  /** Resolves when the chunk below is proven: watermarks are written in order. */
  readonly turn: Promise<void> | undefined;
  readonly signal: AbortSignal;
}

/** Chunks that may be fetched while an earlier one is not proven: more would only take memory. */
const UNPROVEN_CHUNKS = 4;

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
  /** Whether the subscription should have told of this signature, and did not. */
  readonly missedByLive: (row: SignatureRow) => boolean;
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
  /** Whether signatures are known above the cursor that one more walk may prove. */
  readonly waiting: boolean;
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
    await this.#admit(cursor);
    const tip = await chain.finalizedSlot();
    this.#rates.tipSeen(tip.endpoint, tip.slot);
    const tipSlot = tip.slot;
    if (tipSlot < cursor.slot) throw tipBelowCursor(tip.endpoint, tipSlot, cursor.slot);
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
      if (scan.kind === 'walk') await this.#steady(cursor, scan, floorSlot);
      else await this.#catchUp(scan.chunks, scan.rowCount);
    }
    const cursorSlot = this.#cursor().slot;
    const waiting = [...this.#ledger.rows.values()].some((row) => row.slot > cursorSlot);
    return { tipSlot, cursorSlot, waiting };
  }

  /** Asks no endpoint of another chain, and none without the history that comes next. */
  async #admit(cursor: Cursor): Promise<void> {
    const { chain, state, observer } = this.#ports;
    const admission = admit(await chain.facts(), state.genesisHash, cursor.slot + 1);
    chain.admit(admission.endpoints);
    state.genesisHash = admission.genesisHash;
    for (const [endpoint, reason] of admission.leftOut) observer.wrongAnswer(endpoint, undefined, reason);
  }

  async #steady(cursor: Cursor, { walk }: Extract<Scan, { kind: 'walk' }>, floorSlot: number): Promise<void> {
    const first = this.#ledger.newestEndpoint === undefined;
    const change = this.#ledger.add(walk);
    this.#reportOmissions(change, walk.endpoint);
    this.#reportGaps(change, first ? undefined : cursor.slot);
    // Also what only earlier walks have shown: this one may come from a back end that lags.
    const rows = [...this.#ledger.rows.values()].filter((row) => row.slot >= floorSlot);
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

  /**
   * Chunk by chunk from the oldest on; each ends in a watermark, so that a crash costs little. While some are
   * proven, the next one is fetched, and the one after is walked: a proof may have to wait for walks at other times.
   */
  async #catchUp(chunks: readonly Chunk[], totalRows: number): Promise<void> {
    const { signature, slot } = this.#cursor();
    const reach = (position: number): number | undefined =>
      position === 0 ? (signature === null ? undefined : slot) : (chunks[position] as Chunk).floorSlot - 1;
    const walk = (position: number): Promise<Walk> | undefined => {
      const chunk = chunks[position];
      const walking = chunk === undefined ? undefined : this.#walkChunk(chunk, reach(position), chunk.endpoint);
      walking?.catch(() => undefined);
      return walking;
    };
    let rows = 0;
    const ended = new AbortController();
    const signal = AbortSignal.any([this.#ports.signal, ended.signal]);
    const proofs: Promise<void>[] = [];
    const prove = async (position: number, first: Walk, written: Promise<readonly Unsettled[]>): Promise<void> => {
      const chunk = chunks[position] as Chunk;
      const turn = proofs[position - 1];
      await this.#proveChunk({ chunk, mustReachSlot: reach(position), first, written, turn, signal });
      rows += chunk.rowCount;
      this.#ports.progress?.({ rows, totalRows, slot: chunk.lastSlot });
    };
    try {
      let walking = walk(0);
      for (const position of chunks.keys()) {
        const first = (await walking) as Walk;
        walking = walk(position + 1);
        const { written } = await this.#settler.fetchAndQueue(first.rows.values());
        const proof = prove(position, first, written);
        proof.catch(() => undefined);
        proofs.push(proof);
        await proofs[position - UNPROVEN_CHUNKS];
      }
      await proofs.at(-1);
    } finally {
      // After an error no proof of this round goes on beside the next round.
      ended.abort(staleState());
    }
  }

  async #proveChunk({ chunk, mustReachSlot, first, written, turn, signal }: Proof): Promise<void> {
    const { clock, observer, state } = this.#ports;
    const ledger = new WalkLedger(this.#rates);
    // The scan remembered only a digest: the same digest is the same set of rows, shown earlier.
    if (digestOf(first.rows.values()) === chunk.digest) ledger.add({ ...first, endpoint: chunk.endpoint });
    let walk = first;
    let unsettled = await written;
    for (let walks = 1; ; walks += 1) {
      this.#reportOmissions(ledger.add(walk), walk.endpoint);
      for (const { error, row } of unsettled) observer.blocked(row.slot, error);
      const proven = ledger.provenSlot(chunk.floorSlot, true);
      const lastTry = walks >= CHUNK_WALKS;
      if (unsettled.length === 0 && proven !== undefined && (proven === chunk.lastSlot || lastTry)) {
        await turn;
        signal.throwIfAborted();
        const advanced = await this.#advance(ledger, chunk.floorSlot, proven, walk.endpoint);
        if (advanced && proven === chunk.lastSlot) return;
      }
      if (unsettled.length === 0 && lastTry) throw chunkUnproven(chunk);
      await clock.sleep(this.#settings.retryMs, signal);
      if (state.generation !== this.#generation) throw staleState();
      walk = await this.#walkChunk(chunk, mustReachSlot, walk.endpoint);
      unsettled = await this.#settler.settle(new Map([...ledger.rows, ...walk.rows]).values());
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
    // The chain behind an address may have become another one since the round began.
    await this.#admit(cursor);
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

  #reportOmissions(change: LedgerChange, endpoint: string): void {
    const { chain } = this.#ports;
    if (!change.omissions.has(endpoint)) chain.walkJudged(endpoint, 0);
    for (const [judged, rows] of change.omissions) chain.walkJudged(judged, rows);
  }

  /** @param provenSlot What an earlier watermark covers; undefined where this is the first walk since the start. */
  #reportGaps(change: LedgerChange, provenSlot: number | undefined): void {
    const { state, observer, missedByLive } = this.#ports;
    for (const row of change.added) {
      const known = state.emissions.isFinal(row.signature) || state.emissions.pending(row.signature) !== undefined;
      if (known) continue;
      if (provenSlot !== undefined && row.slot <= provenSlot) observer.gap('below-watermark', row.signature, row.slot);
      else if (missedByLive(row)) observer.gap('missed-by-live', row.signature, row.slot);
    }
  }
}

function chunkUnproven({ floorSlot, lastSlot }: Chunk): AppError {
  return new AppError(
    'CHUNK_UNPROVEN',
    `Walks do not agree on slots ${floorSlot} to ${lastSlot}; the round begins anew.`,
    {
      retryable: true,
      context: { floorSlot, lastSlot },
    },
  );
}

function tipBelowCursor(endpoint: string, tipSlot: number, cursorSlot: number): AppError {
  return new AppError(
    'TIP_BELOW_CURSOR',
    `${endpoint} has finalised slot ${tipSlot}, but this listener has proven up to slot ${cursorSlot}: the server is behind, or its chain began anew. Wait for it, point ANCHOR_PROVIDER_URL at the chain that was read until now, or read a new chain under a KAFKA_NAMESPACE of its own.`,
    { retryable: true, context: { endpoint, tipSlot, cursorSlot } },
  );
}

function staleState(): AppError {
  return new AppError('STATE_READ_BACK', 'The state was read back from the topics meanwhile; the round begins anew.', {
    retryable: true,
  });
}
