/**
 * A long stretch, chunk by chunk from the oldest on; each ends in a watermark, so that a crash costs little. While some are
 * proven, the next one is fetched, and the one after is walked: a proof may have to wait for walks at other times.
 */

import { AppError, mayPass } from '../../../../runtime/errors.ts';
import type { ListenerState } from '../emission/listener-state.ts';
import type { RowSettler, Unsettled } from '../emission/row-settler.ts';
import type { ChainReader, Clock, Observer } from '../ports.ts';
import { type Advance, staleState } from './advance.ts';
import { type Chunk, digestOf, scanHistory } from './history-scan.ts';
import type { Providers } from './providers.ts';
import { type LedgerChange, type Walk, WalkLedger } from './walk-ledger.ts';
import { WALK_METHOD } from './watermark.ts';

/** Walks of a chunk whose rows are all written, after which the round begins anew: with another tip, from another page. */
const CHUNK_WALKS = 16;
/** Chunks that may be fetched while an earlier one is not proven: more would only take memory. */
const UNPROVEN_CHUNKS = 4;

export interface StretchProgress {
  /** Signatures settled, and in the whole stretch. */
  readonly rows: number;
  readonly totalRows: number;
  readonly slot: number;
}

export interface CatchUpPorts {
  readonly chain: ChainReader;
  readonly state: ListenerState;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly settler: RowSettler;
  readonly advance: Advance;
  readonly providers: Providers;
  readonly signal: AbortSignal;
  /** Told of each finished chunk. */
  readonly progress?: (done: StretchProgress) => void;
}

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

export class CatchUp {
  readonly #ports: CatchUpPorts;
  /** Pause between two tries within a round, ms. */
  readonly #retryMs: number;

  constructor(ports: CatchUpPorts, retryMs: number) {
    this.#ports = ports;
    this.#retryMs = retryMs;
  }

  /** @throws AppError CHUNK_UNPROVEN, STATE_READ_BACK, and what the chain throws. */
  async run(chunks: readonly Chunk[], totalRows: number): Promise<void> {
    const { advance, settler, signal: outer, progress } = this.#ports;
    const { signature, slot } = advance.cursor();
    const reach = (position: number): number | undefined =>
      position === 0 ? (signature === null ? undefined : slot) : (chunks[position] as Chunk).floorSlot - 1;
    const walk = (position: number): Promise<Walk> | undefined => {
      const chunk = chunks[position];
      const walking = chunk === undefined ? undefined : this.#walkChunk(chunk, reach(position), position);
      walking?.catch(() => undefined);
      return walking;
    };
    let rows = 0;
    const ended = new AbortController();
    const signal = AbortSignal.any([outer, ended.signal]);
    const proofs: Promise<void>[] = [];
    const prove = async (position: number, first: Walk, written: Promise<readonly Unsettled[]>): Promise<void> => {
      const chunk = chunks[position] as Chunk;
      const turn = proofs[position - 1];
      await this.#proveChunk({ chunk, mustReachSlot: reach(position), first, written, turn, signal });
      rows += chunk.rowCount;
      progress?.({ rows, totalRows, slot: chunk.lastSlot });
    };
    try {
      let walking = walk(0);
      for (const position of chunks.keys()) {
        const first = (await walking) as Walk;
        walking = walk(position + 1);
        const { written } = await settler.fetchAndQueue(first.rows.values());
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
    const { clock, observer, state, advance, settler, providers } = this.#ports;
    const ledger = new WalkLedger();
    // The scan remembered only a digest: the same digest is the same set of rows, shown earlier.
    if (digestOf(first.rows.values()) === chunk.digest) ledger.add({ ...first, endpoint: chunk.endpoint });
    let walk = first;
    let unsettled = await written;
    for (let walks = 1; ; walks += 1) {
      this.#judge(ledger.add(walk), walk.endpoint);
      for (const { error, row } of unsettled) observer.blocked(row.slot, error);
      const proven = ledger.provenSlot(chunk.floorSlot, providers.needed, true);
      const lastTry = walks >= CHUNK_WALKS;
      if (unsettled.length === 0 && proven !== undefined && (proven === chunk.lastSlot || lastTry)) {
        await turn;
        signal.throwIfAborted();
        const evidence = {
          rows: ledger.rows,
          method: WALK_METHOD,
          endpoint: walk.endpoint,
          addOmitted: ledger.addOmitted.bind(ledger),
        };
        const advanced = await advance.to(proven, chunk.floorSlot, evidence);
        if (advanced && proven === chunk.lastSlot) return;
      }
      if (unsettled.length === 0 && lastTry) throw chunkUnproven(chunk);
      // The next provider is asked at once; the same one again only at another time.
      if (walks % this.#endpoints().length === 0) await clock.sleep(this.#retryMs, signal);
      if (state.generation !== advance.generation) throw staleState();
      walk = await this.#walkChunk(chunk, mustReachSlot, walks);
      unsettled = await settler.settle(new Map([...ledger.rows, ...walk.rows]).values());
    }
  }

  #judge(change: LedgerChange, endpoint: string): void {
    const { chain } = this.#ports;
    if (!change.omissions.has(endpoint)) chain.walkJudged(endpoint, 0);
    for (const [judged, rows] of change.omissions) chain.walkJudged(judged, rows);
  }

  #endpoints(): readonly string[] {
    const endpoints = this.#ports.chain.endpoints();
    return endpoints.length > 0 ? endpoints : [''];
  }

  /** By the endpoint whose turn it is; where that cannot, because it leaves out what the chunk begins behind, by the next. */
  async #walkChunk(chunk: Chunk, mustReachSlot: number | undefined, turn: number): Promise<Walk> {
    const endpoints = this.#endpoints();
    for (let tries = 1; ; tries += 1) {
      const endpoint = endpoints[(turn + tries - 1) % endpoints.length] ?? '';
      try {
        return await this.#walkBy(endpoint, chunk, mustReachSlot);
      } catch (error) {
        if (tries >= endpoints.length || !mayPass(error)) throw error;
      }
    }
  }

  async #walkBy(endpoint: string, chunk: Chunk, mustReachSlot: number | undefined): Promise<Walk> {
    this.#ports.signal.throwIfAborted();
    const scan = await scanHistory(this.#ports.chain, {
      floorSlot: chunk.floorSlot,
      targetSlot: chunk.lastSlot,
      before: chunk.before,
      mustReachSlot,
      endpoint,
      chunkRows: Number.POSITIVE_INFINITY,
    });
    if (scan.kind === 'chunks') throw new AppError('UNEXPECTED', 'An uncut walk came back in chunks.');
    this.#ports.providers.walked(endpoint);
    return scan.walk;
  }
}

function chunkUnproven({ floorSlot, lastSlot }: Chunk): AppError {
  return new AppError(
    'CHUNK_UNPROVEN',
    `Walks do not agree on slots ${floorSlot} to ${lastSlot}; the round begins anew.`,
    { retryable: true, context: { floorSlot, lastSlot } },
  );
}
