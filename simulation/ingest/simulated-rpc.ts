/** RPC endpoints that answer from a seeded history, as the clock stands, with the faults of a plan. Below the real reader. */

import { HealthScore } from '../../producers/listener/core/reading/health-score.ts';
import type { Answer, CallOptions, RpcClient } from '../../producers/listener/io/reading/rpc-client.ts';
import { rpcError, transportError } from '../../producers/listener/io/reading/rpc-errors.ts';
import type { SeededRandom } from '../random.ts';
import type { EndpointFaults, FaultCounts, FaultKind, FaultPlan } from './fault-plan.ts';
import { FINALITY_SLOTS, type History, type HistoryTransaction } from './history.ts';
import type { SimulatedClock } from './simulated-clock.ts';

const HIDDEN_MS = 8000;
/** As often as the real client asks again before its caller is told. */
const TRIES = 4;

export interface SimulatedRpcOptions {
  readonly history: History;
  readonly clock: SimulatedClock;
  readonly random: SeededRandom;
  readonly plan: FaultPlan;
  readonly counts: FaultCounts;
  /** From then on nothing goes wrong but what lasts for hours. */
  readonly calmAfterMs: number;
}

interface PageConfig {
  readonly commitment: 'confirmed' | 'finalized';
  readonly before?: string;
  readonly limit: number;
  readonly minContextSlot?: number;
}

export class SimulatedRpc implements Pick<RpcClient, 'call' | 'endpoints' | 'health'> {
  readonly #options: SimulatedRpcOptions;
  readonly #signal: AbortSignal;
  readonly #bySignature: ReadonlyMap<string, HistoryTransaction>;
  /** Of what is final in the end, newest first. */
  readonly #finalRows: readonly Row[];
  readonly #finalPositions: ReadonlyMap<string, number>;
  readonly #byFinalSlot: ReadonlyMap<number | undefined, readonly HistoryTransaction[]>;
  /** Signature to when the server stops hiding its transaction. */
  readonly #hiddenUntil = new Map<string, number>();
  /** Free failures that were asked for one by one. */
  spamFetched = 0;
  readonly health: HealthScore;

  constructor(options: SimulatedRpcOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#bySignature = new Map(options.history.transactions.map((each) => [each.signature, each]));
    const { transactions } = options.history;
    this.#finalRows = transactions
      .filter((each): each is HistoryTransaction & { finalSlot: number } => each.finalSlot !== undefined)
      .sort((a, b) => b.finalSlot - a.finalSlot || b.order - a.order)
      .map((each) => this.#row(each, each.finalSlot));
    this.#finalPositions = new Map(this.#finalRows.map(({ signature }, position) => [signature, position]));
    this.#byFinalSlot = Map.groupBy(transactions, ({ finalSlot }) => finalSlot);
    this.health = new HealthScore(this.endpoints);
  }

  get endpoints(): string[] {
    return this.#options.plan.endpoints.map(({ name }) => name);
  }

  async call(method: string, params: readonly unknown[], options: CallOptions = {}): Promise<Answer> {
    const { clock, random, plan } = this.#options;
    const allowed = plan.endpoints.filter(({ name }) =>
      options.only === undefined ? options.among?.has(name) !== false : name === options.only,
    );
    const others = allowed.filter(({ name }) => name !== options.avoid);
    for (let tries = 1; ; tries += 1) {
      const endpoint = random.pick(others.length > 0 ? others : allowed);
      await clock.sleep(random.between(2, 80), this.#signal);
      this.#signal.throwIfAborted();
      try {
        return { result: this.#answer(endpoint, method, params), endpoint: endpoint.name };
      } catch (error) {
        const { retryable } = error as { retryable?: boolean };
        if (retryable !== true || tries >= (options.rounds ?? TRIES)) throw error;
      }
    }
  }

  #answer(endpoint: EndpointFaults, method: string, params: readonly unknown[]): unknown {
    const call = { endpoint: endpoint.name, method };
    const { history } = this.#options;
    if (this.#happens(endpoint.errorShare, 'rpcError')) throw transportError(new Error('simulated'), call);
    const other = this.#isOtherChain(endpoint);
    const lag = this.#happens(endpoint.laggingShare, 'laggingBackEnd') ? endpoint.lagSlots : 0;
    const view = other ? history.lastSlot * 2 : history.finalizedSlot(this.tipSlot() - lag);
    const fails = (code: number): Error => rpcError({ code, message: 'simulated' }, call);
    switch (method) {
      case 'getGenesisHash':
        return other ? 'other' : 'simulated';
      case 'getFirstAvailableBlock':
        return endpoint.firstSlot;
      case 'getSlot': {
        const confirmed = (params[0] as { commitment: string }).commitment === 'confirmed';
        return Math.max(0, confirmed && !other ? this.tipSlot() - lag - 1 : view);
      }
      case 'getAgGenesisCert':
        if (!endpoint.knowsAlpenglow) throw fails(-32601);
        return view > history.alpenglowGenesisSlot ? { block: { slot: history.alpenglowGenesisSlot } } : null;
      case 'getSignaturesForAddress': {
        const config = params[1] as PageConfig;
        const { minContextSlot } = config;
        if (endpoint.minContext === 'refuses' && minContextSlot !== undefined && view < minContextSlot)
          throw fails(-32016);
        return other ? [] : this.#page(endpoint, config, view, lag);
      }
      case 'getTransaction':
        return other ? null : this.#transaction(params as [string, { commitment: string }], view, lag);
      case 'getSignatureStatuses':
        return { value: [other ? null : this.#status((params[0] as string[])[0] ?? '', view, lag)] };
      case 'getBlockTime': {
        const slot = params[0] as number;
        if (this.#isSkipped(slot)) throw fails(-32009);
        return this.#happens(this.#options.plan.blockTimeMissingShare, 'blockTimeMissing')
          ? null
          : history.blockTime(slot);
      }
      case 'getBlocks':
      case 'getBlock':
        if (!endpoint.servesBlocks) throw fails(-32601);
        if (other) throw fails(-32004);
        return method === 'getBlocks'
          ? this.#blockSlots(params as [number, number], view)
          : this.#block(params[0] as number);
      default:
        throw fails(-32601);
    }
  }

  /** Newest slot of the clock; it stands still once the history is over and final. */
  tipSlot(): number {
    const { clock, history } = this.#options;
    return Math.min(history.times.slotAt(clock.nowMs()), history.lastSlot + FINALITY_SLOTS);
  }

  #page(endpoint: EndpointFaults, config: PageConfig, view: number, lag: number): unknown[] {
    const { random, counts, plan } = this.#options;
    const final = config.commitment === 'finalized';
    if (final && this.#happens(endpoint.emptyPageShare, 'emptyPage')) return [];
    const lowest = endpoint.minContext === 'filters' ? (config.minContextSlot ?? 0) : 0;
    if (lowest > 0) counts.add('rowsFiltered');
    const all = final ? this.#finalRows : this.#confirmedRows(this.tipSlot() - lag);
    const limit = Math.min(config.limit, plan.pageRows);
    let rows: Row[] = [];
    // A node that does not know `before` answers with nothing.
    let isBehind = config.before === undefined;
    for (let at = isBehind ? 0 : this.#positionOf(all, config.before); rows.length < limit; at += 1) {
      const row = all[at];
      if (row === undefined) break;
      if (row.slot > view && final) continue;
      const isPruned = row.slot < endpoint.firstSlot;
      const isHidden = !isPruned && row.slot >= lowest && this.#isHiddenRow(endpoint, row.signature);
      if (isPruned) counts.add('historyPruned');
      if (isHidden) counts.add('rowHiddenForHours');
      if (isPruned || isHidden || row.slot < lowest) continue;
      if (isBehind) rows.push(row);
      else if (row.signature === config.before) isBehind = true;
      else break;
    }
    if (final && this.#happens(endpoint.shortPageShare, 'shortPage'))
      rows = rows.slice(0, random.between(0, rows.length));
    const given = final ? rows.filter(() => !this.#happens(endpoint.omittedRowShare, 'rowsOmitted')) : rows;
    counts.add('spamListed', given.filter(({ signature }) => this.#bySignature.get(signature)?.spam === true).length);
    return final && this.#happens(endpoint.reorderShare, 'rowsReordered') ? random.shuffled(given) : given;
  }

  #transaction([signature, { commitment }]: [string, { commitment: string }], view: number, lag: number): unknown {
    const { history, plan } = this.#options;
    const transaction = this.#bySignature.get(signature);
    if (transaction === undefined) return null;
    if (transaction.spam) this.spamFetched += 1;
    const final = transaction.finalSlot !== undefined && transaction.finalSlot <= view;
    const slot = final ? transaction.finalSlot : confirmedSlot(transaction, this.tipSlot() - lag);
    if (slot === undefined || (commitment === 'finalized' && !final)) return null;
    if (this.#isHidden(signature)) return null;
    const answer = history.answer(transaction, slot) as { meta: object };
    if (this.#happens(plan.metaMissingShare, 'metaMissing')) return { ...answer, meta: null };
    if (transaction.malformed || transaction.failed) return answer;
    if (!this.#happens(plan.incompleteShare, 'incompleteAnswer')) return answer;
    const part = this.#options.random.pick(['innerInstructions', 'loadedAddresses']);
    return { ...answer, meta: { ...answer.meta, [part]: null } };
  }

  #status(signature: string, view: number, lag: number): unknown {
    const transaction = this.#bySignature.get(signature);
    if (transaction === undefined) return null;
    if (transaction.finalSlot !== undefined && transaction.finalSlot <= view) {
      return { slot: transaction.finalSlot, confirmationStatus: 'finalized', confirmations: null };
    }
    const slot = confirmedSlot(transaction, this.tipSlot() - lag);
    return slot === undefined ? null : { slot, confirmationStatus: 'confirmed', confirmations: 1 };
  }

  #blockSlots([from, to]: readonly number[], view: number): number[] {
    const slots: number[] = [];
    for (let slot = Math.max(1, from ?? 0); slot <= Math.min(to ?? view, view); slot += 1) {
      if (!this.#isSkipped(slot) && !this.#happens(this.#options.plan.blockMissingShare, 'blockMissing'))
        slots.push(slot);
    }
    return slots;
  }

  #block(slot: number): unknown {
    const { history } = this.#options;
    let parentSlot = slot - 1;
    while (parentSlot > 0 && this.#isSkipped(parentSlot)) parentSlot -= 1;
    const inside = this.#byFinalSlot.get(slot) ?? [];
    return {
      ...{ parentSlot, blockhash: `hash-${slot}`, previousBlockhash: `hash-${parentSlot}` },
      blockTime: history.blockTime(slot),
      transactions: inside.map((transaction) => history.answer(transaction, slot)),
    };
  }

  /** The last slot has a block: the chain stands still on it. */
  #isSkipped(slot: number): boolean {
    const { history } = this.#options;
    return slot < history.lastSlot && history.isSkipped(slot);
  }

  /** Beyond the end where it is not among them. */
  #positionOf(rows: readonly Row[], signature = ''): number {
    const position =
      rows === this.#finalRows
        ? this.#finalPositions.get(signature)
        : rows.findIndex((row) => row.signature === signature);
    return position === undefined || position < 0 ? rows.length : position;
  }

  #confirmedRows(tip: number): Row[] {
    return this.#options.history.transactions
      .flatMap((transaction) => {
        const slot = confirmedSlot(transaction, tip);
        return slot === undefined ? [] : [this.#row(transaction, slot)];
      })
      .sort((a, b) => b.slot - a.slot);
  }

  #row({ signature, failed }: HistoryTransaction, slot: number): Row {
    return { signature, slot, err: failed ? {} : null, blockTime: this.#options.history.blockTime(slot) };
  }

  /** Follows from the signature, and lasts. */
  #isHiddenRow({ hiddenRowShare }: EndpointFaults, signature: string): boolean {
    return hiddenRowShare > 0 && (signature.charCodeAt(5) * 58 + signature.charCodeAt(9)) % 100 < hiddenRowShare * 100;
  }

  #isOtherChain({ otherChainMs }: EndpointFaults): boolean {
    const nowMs = this.#options.clock.nowMs();
    const other = otherChainMs !== undefined && nowMs >= otherChainMs[0] && nowMs < otherChainMs[1];
    if (other) this.#options.counts.add('otherChain');
    return other;
  }

  #isHidden(signature: string): boolean {
    const { clock, random, plan, counts } = this.#options;
    let until = this.#hiddenUntil.get(signature);
    if (until === undefined) {
      until = this.#faulty(plan.nullShare) ? clock.nowMs() + random.between(0, HIDDEN_MS) : 0;
      this.#hiddenUntil.set(signature, until);
    }
    const hidden = clock.nowMs() < until && clock.nowMs() < this.#options.calmAfterMs;
    if (hidden) counts.add('nullTransaction');
    return hidden;
  }

  #happens(share: number, kind: FaultKind): boolean {
    const happens = this.#faulty(share);
    if (happens) this.#options.counts.add(kind);
    return happens;
  }

  #faulty(share: number): boolean {
    return share > 0 && this.#options.clock.nowMs() < this.#options.calmAfterMs && this.#options.random.chance(share);
  }
}

interface Row {
  readonly signature: string;
  readonly slot: number;
  readonly err: object | null;
  readonly blockTime: number;
}

/** Where a transaction stands at confirmed for a back end that has come to `tip`. */
function confirmedSlot(transaction: HistoryTransaction, tip: number): number | undefined {
  return transaction.landings.find(({ slot, abandonedAtSlot }) => slot < tip && tip < abandonedAtSlot)?.slot;
}
