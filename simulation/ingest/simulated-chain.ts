/** A chain that answers from a seeded history, as the clock stands, with the faults of a plan. */

import type {
  ChainReader,
  EndpointFacts,
  PageQuery,
  SignaturePage,
  SignatureRow,
  TransactionAnswer,
} from '../../producers/listener/core/ports.ts';
import { AppError } from '../../runtime/errors.ts';
import type { SeededRandom } from '../random.ts';
import type { EndpointFaults, FaultCounts, FaultPlan } from './fault-plan.ts';
import { FINALITY_SLOTS, type History, type HistoryTransaction, SLOT_MS } from './history.ts';
import type { SimulatedClock } from './simulated-clock.ts';

const PAGE_ROWS = 50;
const HIDDEN_MS = 8000;

export interface SimulatedChainOptions {
  readonly history: History;
  readonly clock: SimulatedClock;
  readonly random: SeededRandom;
  readonly plan: FaultPlan;
  readonly counts: FaultCounts;
  /** From then on nothing goes wrong. */
  readonly calmAfterMs: number;
}

export class SimulatedChain implements ChainReader {
  readonly #options: SimulatedChainOptions;
  readonly #signal: AbortSignal;
  readonly #bySignature: ReadonlyMap<string, HistoryTransaction>;
  /** Signature to when the server stops hiding it. */
  readonly #hiddenUntil = new Map<string, number>();

  constructor(options: SimulatedChainOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#bySignature = new Map(options.history.transactions.map((each) => [each.signature, each]));
  }

  async finalizedSlot(): Promise<{ slot: number; endpoint: string }> {
    const endpoint = await this.#ask(undefined);
    return { slot: Math.max(0, this.#finalTip(this.#lag(endpoint))), endpoint: endpoint.name };
  }

  async signatures(query: PageQuery): Promise<SignaturePage> {
    const endpoint = await this.#ask(query.avoid);
    const { counts, random } = this.#options;
    const view = this.#finalTip(this.#lag(endpoint));
    if (endpoint.honoursMinContext && view < query.minContextSlot) throw behind(endpoint.name);
    if (this.#faulty(endpoint.emptyPageShare)) {
      counts.add('emptyPage');
      return { rows: [], endpoint: endpoint.name, viewSlot: shownView(endpoint, query) };
    }
    let rows = this.#olderThan(this.#finalRows(view), query.before).slice(0, PAGE_ROWS);
    if (this.#faulty(endpoint.shortPageShare)) {
      counts.add('shortPage');
      rows = rows.slice(0, random.between(0, rows.length));
    }
    const kept = rows.filter(() => !this.#faulty(endpoint.omittedRowShare));
    counts.add('rowsOmitted', rows.length - kept.length);
    const reorder = this.#faulty(endpoint.reorderShare);
    if (reorder) counts.add('rowsReordered');
    return {
      rows: reorder ? random.shuffled(kept) : kept,
      endpoint: endpoint.name,
      viewSlot: shownView(endpoint, query),
    };
  }

  async newestConfirmed(): Promise<readonly SignatureRow[]> {
    const endpoint = await this.#ask(undefined);
    const tip = this.tipSlot() - this.#lag(endpoint);
    return this.#options.history.transactions
      .flatMap((transaction) => {
        const slot = this.#confirmedSlot(transaction, tip);
        return slot === undefined ? [] : [this.#row(transaction, slot)];
      })
      .sort((a, b) => b.slot - a.slot)
      .slice(0, PAGE_ROWS);
  }

  endpoints(): readonly string[] {
    return this.#options.plan.endpoints.map(({ name }) => name);
  }

  async transaction(
    signature: string,
    commitment: 'confirmed' | 'finalized',
    only?: string,
  ): Promise<TransactionAnswer> {
    const endpoint = await this.#ask(undefined, only);
    return { answer: this.#answer(signature, commitment, endpoint), endpoint: endpoint.name };
  }

  #answer(signature: string, commitment: 'confirmed' | 'finalized', endpoint: EndpointFaults): unknown {
    const { history, plan, counts } = this.#options;
    const transaction = this.#bySignature.get(signature);
    if (transaction === undefined) return null;
    const lag = this.#lag(endpoint);
    const final = transaction.finalSlot !== undefined && transaction.finalSlot <= this.#finalTip(lag);
    const slot = final ? transaction.finalSlot : this.#confirmedSlot(transaction, this.tipSlot() - lag);
    if (slot === undefined || (commitment === 'finalized' && !final)) return null;
    if (this.#isHidden(signature)) {
      counts.add('nullTransaction');
      return null;
    }
    const answer = history.answer(transaction, slot) as Record<string, unknown>;
    if (!this.#faulty(plan.metaMissingShare)) return answer;
    counts.add('metaMissing');
    return { ...answer, meta: null };
  }

  async signatureStatus(signature: string): Promise<{ slot: number; finalized: boolean } | null> {
    const endpoint = await this.#ask(undefined);
    const transaction = this.#bySignature.get(signature);
    if (transaction === undefined) return null;
    const lag = this.#lag(endpoint);
    if (transaction.finalSlot !== undefined && transaction.finalSlot <= this.#finalTip(lag)) {
      return { slot: transaction.finalSlot, finalized: true };
    }
    const slot = this.#confirmedSlot(transaction, this.tipSlot() - lag);
    return slot === undefined ? null : { slot, finalized: false };
  }

  async blockTime(slot: number): Promise<number | null> {
    await this.#ask(undefined);
    const { history, plan, counts } = this.#options;
    if (history.isSkipped(slot))
      throw new AppError('RPC_NODE_BEHIND', `Slot ${slot} was skipped.`, { retryable: true });
    if (this.#faulty(plan.blockTimeMissingShare)) {
      counts.add('blockTimeMissing');
      return null;
    }
    return history.blockTime(slot);
  }

  async facts(): Promise<readonly EndpointFacts[]> {
    return this.#options.plan.endpoints.map(({ name }) => ({ endpoint: name, genesisHash: 'simulated', firstSlot: 0 }));
  }

  admit(): void {
    // Every endpoint is of the one chain.
  }

  walkJudged(): void {
    // The simulation's endpoints are asked in turn, whatever they did.
  }

  /** Newest slot of the clock; it stands still once the history is over and final. */
  tipSlot(): number {
    const { clock, history } = this.#options;
    return Math.min(Math.floor(clock.nowMs() / SLOT_MS), history.lastSlot + FINALITY_SLOTS);
  }

  #finalTip(lag: number): number {
    return this.tipSlot() - FINALITY_SLOTS - lag;
  }

  /** Where a transaction stands at confirmed for a back end that has come to `tip`. */
  #confirmedSlot(transaction: HistoryTransaction, tip: number): number | undefined {
    return transaction.landings.find(({ slot, abandonedAtSlot }) => slot < tip && tip < abandonedAtSlot)?.slot;
  }

  #finalRows(view: number): SignatureRow[] {
    return this.#options.history.transactions
      .filter((each): each is HistoryTransaction & { finalSlot: number } => (each.finalSlot ?? Infinity) <= view)
      .sort((a, b) => b.finalSlot - a.finalSlot || b.order - a.order)
      .map((each) => this.#row(each, each.finalSlot));
  }

  /** A node that does not know `before` answers with nothing. */
  #olderThan(rows: readonly SignatureRow[], before: string | undefined): SignatureRow[] {
    if (before === undefined) return [...rows];
    const position = rows.findIndex((row) => row.signature === before);
    return position === -1 ? [] : rows.slice(position + 1);
  }

  #row(transaction: HistoryTransaction, slot: number): SignatureRow {
    const { signature, failed } = transaction;
    return { signature, slot, failed, blockTime: this.#options.history.blockTime(slot) };
  }

  async #ask(avoid: string | undefined, only?: string): Promise<EndpointFaults> {
    const { clock, random, plan, counts } = this.#options;
    const others = plan.endpoints.filter(({ name }) => (only === undefined ? name !== avoid : name === only));
    const endpoint = random.pick(others.length > 0 ? others : plan.endpoints);
    await clock.sleep(random.between(2, 80), this.#signal);
    this.#signal.throwIfAborted();
    if (!this.#faulty(endpoint.errorShare)) return endpoint;
    counts.add('rpcError');
    throw new AppError('RPC_UNAVAILABLE', 'The simulated endpoint fails.', { retryable: true });
  }

  #lag(endpoint: EndpointFaults): number {
    if (!this.#faulty(endpoint.laggingShare)) return 0;
    this.#options.counts.add('laggingBackEnd');
    return endpoint.lagSlots;
  }

  #isHidden(signature: string): boolean {
    const { clock, random, plan } = this.#options;
    let until = this.#hiddenUntil.get(signature);
    if (until === undefined) {
      until = this.#faulty(plan.nullShare) ? clock.nowMs() + random.between(0, HIDDEN_MS) : 0;
      this.#hiddenUntil.set(signature, until);
    }
    return clock.nowMs() < until && clock.nowMs() < this.#options.calmAfterMs;
  }

  #faulty(share: number): boolean {
    return share > 0 && this.#options.clock.nowMs() < this.#options.calmAfterMs && this.#options.random.chance(share);
  }
}

function shownView(endpoint: EndpointFaults, query: PageQuery): number | undefined {
  return endpoint.honoursMinContext ? query.minContextSlot : undefined;
}

function behind(endpoint: string): AppError {
  return new AppError('RPC_NODE_BEHIND', 'Minimum context slot has not been reached (-32016).', {
    retryable: true,
    context: { endpoint },
  });
}
