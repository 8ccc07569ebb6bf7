/**
 * The reconciling path, round by round: read what was finalised above the cursor, by blocks or by walks over the signatures,
 * write what is missing, take back what finality did not keep, and, once that is proven, write watermark and cursor in one
 * transaction. Everything that is not certain holds the watermark; a watermark may be late, it is never wrong.
 */

import { AppError } from '../../../../runtime/errors.ts';
import type { Cursor } from '../../../../schemas/records.ts';
import { AbsentEmissions } from '../emission/absent-emissions.ts';
import type { EmissionPorts } from '../emission/emission-ports.ts';
import { RowSettler, type SettlerSettings } from '../emission/row-settler.ts';
import type { SignatureRow } from '../ports.ts';
import { admit } from '../reading/admission.ts';
import { Advance } from './advance.ts';
import { BlockRounds } from './block-rounds.ts';
import { CatchUp, type StretchProgress } from './catch-up.ts';
import { type Scan, scanHistory } from './history-scan.ts';
import { Providers } from './providers.ts';
import { type LedgerChange, WalkLedger } from './walk-ledger.ts';
import { WALK_METHOD } from './watermark.ts';

/**
 * Rounds in which walks have proven nothing, after which the blocks are read though there are two providers, and a long
 * stretch is walked whole: a provider that leaves out the row behind which a chunk begins cannot walk that chunk.
 */
const FRUITLESS_ROUNDS = 4;

export interface ReconcilerSettings extends SettlerSettings {
  /** Blocks read at once. */
  readonly concurrency: number;
  /** Last slot to prove; undefined follows the chain. */
  readonly lastSlot: number | undefined;
  /** Signatures of one chunk of a long stretch. */
  readonly chunkRows: number;
  /** Pause between two tries within a round. */
  readonly retryMs: number;
}

export interface ReconcilerPorts extends EmissionPorts {
  /** Milliseconds since the Unix epoch. */
  readonly wallMs: () => number;
  /** Whether the subscription should have told of this signature, and did not. */
  readonly missedByLive: (row: SignatureRow) => boolean;
  /** Told of each finished chunk of a long stretch. */
  readonly progress?: (done: StretchProgress) => void;
}

/** What a round came to. */
export interface Round {
  /** Slot that the chain had finalised. */
  readonly tipSlot: number;
  /** Slot of the cursor after the round. */
  readonly cursorSlot: number;
  /** Whether signatures are known above the cursor that one more round may prove. */
  readonly waiting: boolean;
}

export class Reconciler {
  readonly #ports: ReconcilerPorts;
  readonly #settings: ReconcilerSettings;
  readonly #settler: RowSettler;
  readonly #advance: Advance;
  readonly #blocks: BlockRounds;
  readonly #catchUp: CatchUp;
  readonly #providers: Providers;
  #ledger = new WalkLedger();
  #fruitless = 0;

  constructor(ports: ReconcilerPorts, settings: ReconcilerSettings) {
    this.#ports = ports;
    this.#settings = settings;
    const settler = new RowSettler(ports, settings);
    const absent = new AbsentEmissions({ ...ports, settler });
    const verify = async (cursor: Cursor): Promise<void> => void (await this.#admit(cursor));
    const advance = new Advance({ ...ports, absent, verify }, settings.source);
    const providers = new Providers(ports.chain.configured());
    this.#settler = settler;
    this.#advance = advance;
    this.#providers = providers;
    this.#blocks = new BlockRounds({ ...ports, settler, advance }, settings.concurrency);
    this.#catchUp = new CatchUp({ ...ports, settler, advance, providers }, settings.retryMs);
  }

  /** @throws AppError of the chain or of the write queue; the next round begins anew. */
  async round(): Promise<Round> {
    const { chain, state } = this.#ports;
    const cursor = this.#advance.cursor();
    if (state.generation !== this.#advance.generation) {
      this.#advance.generation = state.generation;
      this.#ledger = new WalkLedger();
    }
    this.#providers.roundBegins(await this.#admit(cursor));
    const { slot: tipSlot, endpoint } = await chain.finalizedSlot();
    if (tipSlot < cursor.slot) throw tipBelowCursor(endpoint, tipSlot, cursor.slot);
    state.finalizedSlot = Math.max(tipSlot, state.finalizedSlot ?? 0);
    const targetSlot = Math.min(tipSlot, this.#settings.lastSlot ?? tipSlot);
    if (targetSlot > cursor.slot) {
      // Counted before, so that a round that fails counts too.
      this.#fruitless += 1;
      if (!(await this.#byBlocks(cursor, targetSlot, tipSlot))) await this.#byWalks(cursor, targetSlot);
    }
    const cursorSlot = this.#advance.cursor().slot;
    if (cursorSlot > cursor.slot || cursorSlot >= targetSlot) this.#fruitless = 0;
    const waiting = [...this.#ledger.rows.values()].some((row) => row.slot > cursorSlot);
    return { tipSlot, cursorSlot, waiting };
  }

  /** Asks no endpoint of another chain, and none without the history that comes next. @returns the endpoints left out. */
  async #admit(cursor: Cursor): Promise<Iterable<string>> {
    const { chain, state, observer } = this.#ports;
    const admission = admit(await chain.facts(), state.genesisHash, cursor.slot + 1);
    chain.admit(admission.endpoints);
    state.genesisHash = admission.genesisHash;
    for (const [endpoint, reason] of admission.leftOut) observer.wrongAnswer(endpoint, undefined, reason);
    return admission.leftOut.keys();
  }

  /** With one provider alone, or where the walks of two prove nothing. @returns false where no endpoint serves blocks. */
  async #byBlocks(cursor: Cursor, targetSlot: number, tipSlot: number): Promise<boolean> {
    const alone = this.#providers.needed === 1;
    if (!alone && this.#fruitless < FRUITLESS_ROUNDS) return false;
    try {
      return await this.#blocks.prove(cursor.slot, targetSlot, tipSlot);
    } catch (error) {
      if (alone || !(error instanceof AppError) || !error.code.startsWith('RPC_')) throw error;
      this.#ports.observer.blocked(undefined, error);
      return false;
    }
  }

  async #byWalks(cursor: Cursor, targetSlot: number): Promise<void> {
    const { chain, state } = this.#ports;
    const floorSlot = state.floorSlot(cursor);
    const scan = (endpoint: string, chunkRows: number): Promise<Scan> =>
      scanHistory(chain, {
        floorSlot,
        targetSlot,
        before: undefined,
        mustReachSlot: cursor.signature === null ? undefined : cursor.slot,
        endpoint,
        chunkRows,
      });
    const [best, ...others] = chain.endpoints();
    if (best === undefined) return;
    const scans: Scan[] = [];
    let failure: unknown;
    const note = (endpoint: string, settled: Promise<Scan>): Promise<void> =>
      settled.then(
        (each) => {
          this.#providers.walked(endpoint);
          scans.push(each);
        },
        (error: unknown) => {
          failure = error;
        },
      );
    const chunkRows = this.#fruitless > FRUITLESS_ROUNDS ? Number.POSITIVE_INFINITY : this.#settings.chunkRows;
    await note(best, scan(best, chunkRows));
    if (scans[0]?.kind === 'chunks') return this.#catchUp.run(scans[0].chunks, scans[0].rowCount);
    await Promise.all(others.map((endpoint) => note(endpoint, scan(endpoint, Number.POSITIVE_INFINITY))));
    if (scans.length === 0) throw failure;
    await this.#judge(cursor, scans, floorSlot);
  }

  /** Takes the walks of a round together with those of earlier ones. */
  async #judge(cursor: Cursor, scans: readonly Scan[], floorSlot: number): Promise<void> {
    const { state, observer } = this.#ports;
    const ledger = this.#ledger;
    const first = ledger.isEmpty;
    let endpoint = '';
    for (const scan of scans) {
      if (scan.kind !== 'walk') continue;
      endpoint = scan.walk.endpoint;
      const change = ledger.add(scan.walk);
      this.#reportOmissions(change, endpoint);
      this.#advance.reportMissed(change.added, first ? undefined : cursor.slot);
    }
    // Also what only earlier walks have shown: these may come from a back end that lags.
    const rows = [...ledger.rows.values()].filter((row) => row.slot >= floorSlot);
    const unsettled = await this.#settler.settle(rows);
    for (const { error, row } of unsettled) observer.blocked(row.slot, error);
    await this.#settler.compareSample(rows);
    const historyKnown = cursor.signature !== null || state.emissions.pendingCount > 0;
    // The overlap below is proven: walks may differ there without holding what comes next.
    const proven = ledger.provenSlot(cursor.slot + 1, this.#providers.needed, historyKnown);
    if (proven === undefined) return;
    const firstUnsettled = Math.min(...unsettled.map(({ row }) => row.slot));
    const evidence = { rows: ledger.rows, method: WALK_METHOD, endpoint, addOmitted: ledger.addOmitted.bind(ledger) };
    await this.#advance.to(Math.min(proven, firstUnsettled - 1), floorSlot, evidence);
    const after = state.floorSlot(this.#advance.cursor());
    ledger.prune(after);
    this.#settler.prune(after);
  }

  #reportOmissions(change: LedgerChange, endpoint: string): void {
    const { chain } = this.#ports;
    if (!change.omissions.has(endpoint)) chain.walkJudged(endpoint, 0);
    for (const [judged, rows] of change.omissions) chain.walkJudged(judged, rows);
  }
}

function tipBelowCursor(endpoint: string, tipSlot: number, cursorSlot: number): AppError {
  return new AppError(
    'TIP_BELOW_CURSOR',
    `${endpoint} has finalised slot ${tipSlot}, but this listener has proven up to slot ${cursorSlot}: the server is behind, or its chain began anew. Wait for it, point ANCHOR_PROVIDER_URL at the chain that was read until now, or read a new chain under a KAFKA_NAMESPACE of its own.`,
    { retryable: true, context: { endpoint, tipSlot, cursorSlot } },
  );
}
