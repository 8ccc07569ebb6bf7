/** The core's view of the chain, on Solana's JSON-RPC. */

import { AppError, codeOf } from '../../../../runtime/errors.ts';
import type {
  Block,
  ChainReader,
  EndpointConsensus,
  EndpointFacts,
  PageQuery,
  SignaturePage,
  SignatureRow,
  TransactionAnswer,
} from '../../core/ports.ts';
import { readBlock } from './block-answer.ts';
import { GatheredTransactions } from './gathered-transactions.ts';
import type { Answer, CallOptions, RpcClient } from './rpc-client.ts';
import { malformedAnswer } from './rpc-errors.ts';

/** The most rows that getSignaturesForAddress gives. */
const PAGE_ROWS = 1000;
/** Requests for transactions under way at once where nothing else is said. */
const DEFAULT_CONCURRENCY = 16;
/** A slot that no node has reached, to see whether a server refuses to answer for it. */
const UNREACHED_SLOTS = 50_000_000;
const PROBES = 3;

/** What is needed of the client: a simulation has its own. */
export type Rpc = Pick<RpcClient, 'call' | 'endpoints' | 'health'> &
  Partial<Pick<RpcClient, 'callMany' | 'mostTogether'>>;

export class RpcChainReader implements ChainReader {
  readonly #rpc: Rpc;
  readonly #programId: string;
  /** Endpoint to whether it was seen to refuse a minContextSlot that it has not reached. */
  readonly #refuses = new Map<string, boolean>();
  readonly #probes = new Map<string, number>();
  /** Endpoints that may be asked; undefined until that was decided. */
  #admitted: ReadonlySet<string> | undefined;
  /** Final transactions, several in one request where an endpoint takes that. */
  readonly #gathered: GatheredTransactions | undefined;

  /** @param concurrency Requests for final transactions under way at once, at most. */
  constructor(rpc: Rpc, programId: string, concurrency = DEFAULT_CONCURRENCY) {
    this.#rpc = rpc;
    this.#programId = programId;
    if (rpc.callMany === undefined) return;
    const source = {
      most: () => rpc.mostTogether?.(this.#admitted) ?? 1,
      together: (signatures: readonly string[]) => this.#finalTransactions(signatures),
      alone: (signature: string) => this.#transaction(signature, 'finalized', {}),
    };
    this.#gathered = new GatheredTransactions(source, concurrency);
  }

  async finalizedSlot(): Promise<{ slot: number; endpoint: string }> {
    const { result, endpoint } = await this.#call('getSlot', [{ commitment: 'finalized' }]);
    if (!isSlot(result)) throw malformedAnswer({ method: 'getSlot', endpoint }, 'the answer is not a slot');
    this.#rpc.health.slotSeen(endpoint, result);
    return { slot: result, endpoint };
  }

  async signatures(query: PageQuery): Promise<SignaturePage> {
    await this.#probeNewEndpoints(query.minContextSlot);
    const page = await this.#page(query, query.minContextSlot);
    // Without a row below minContextSlot nothing shows that the server did not leave out the rows below it.
    const shown = page.viewSlot === undefined || page.rows.some(({ slot }) => slot < query.minContextSlot);
    if (shown) return page;
    const { rows } = await this.#page(query, undefined);
    return { ...page, rows };
  }

  async #page({ before, endpoint }: PageQuery, minContextSlot: number | undefined): Promise<SignaturePage> {
    const method = 'getSignaturesForAddress';
    const sent = minContextSlot !== undefined && this.#refuses.get(endpoint) === true;
    const config = {
      commitment: 'finalized',
      limit: PAGE_ROWS,
      ...(before === undefined ? {} : { before }),
      ...(sent ? { minContextSlot } : {}),
    };
    const { result } = await this.#rpc.call(method, [this.#programId, config], { only: endpoint });
    return {
      rows: rowsOf(result, { method, endpoint })
        .filter((row) => row.status === undefined || row.status === 'finalized')
        .map(({ row }) => row),
      endpoint,
      viewSlot: sent ? minContextSlot : undefined,
    };
  }

  async newestConfirmed(): Promise<readonly SignatureRow[]> {
    const method = 'getSignaturesForAddress';
    const config = { commitment: 'confirmed', limit: PAGE_ROWS };
    const { result, endpoint } = await this.#call(method, [this.#programId, config]);
    return rowsOf(result, { method, endpoint })
      .filter((row) => row.status !== 'processed')
      .map(({ row }) => row);
  }

  #call(method: string, params: readonly unknown[], options: CallOptions = {}): Promise<Answer> {
    return this.#rpc.call(method, params, { among: this.#admitted, ...options });
  }

  configured(): readonly string[] {
    return this.#rpc.endpoints;
  }

  endpoints(): readonly string[] {
    return this.#rpc.health.order(Date.now(), undefined).filter((endpoint) => this.#admitted?.has(endpoint) !== false);
  }

  async transaction(
    signature: string,
    commitment: 'confirmed' | 'finalized',
    only?: string,
  ): Promise<TransactionAnswer> {
    if (only !== undefined) return this.#transaction(signature, commitment, { only, rounds: 1 });
    const gathered = commitment === 'finalized' ? this.#gathered?.get(signature) : undefined;
    const first = await (gathered ?? this.#transaction(signature, commitment, {}));
    if (first.answer !== null || this.#rpc.endpoints.length === 1) return first;
    return this.#transaction(signature, commitment, { avoid: first.endpoint });
  }

  async #transaction(
    signature: string,
    commitment: 'confirmed' | 'finalized',
    options: CallOptions,
  ): Promise<TransactionAnswer> {
    const { result, endpoint } = await this.#call(
      'getTransaction',
      [signature, transactionConfig(commitment)],
      options,
    );
    return { answer: result, endpoint };
  }

  async #finalTransactions(signatures: readonly string[]): Promise<readonly (TransactionAnswer | undefined)[]> {
    const config = transactionConfig('finalized');
    const questions = signatures.map((signature) => [signature, config]);
    try {
      const answers = (await this.#rpc.callMany?.('getTransaction', questions, this.#admitted)) ?? [];
      return answers.map((answer) => answer && { answer: answer.result, endpoint: answer.endpoint });
    } catch {
      // The client stops: each is told so when it is asked for alone.
      return [];
    }
  }

  async signatureStatus(signature: string): Promise<{ slot: number; finalized: boolean } | null> {
    const method = 'getSignatureStatuses';
    const { result, endpoint } = await this.#call(method, [[signature], { searchTransactionHistory: true }]);
    const { value } = (result ?? {}) as { value?: unknown };
    if (!Array.isArray(value) || value.length !== 1) {
      throw malformedAnswer({ method, endpoint }, 'the answer has no status');
    }
    const status = value[0] as { slot?: unknown; confirmationStatus?: unknown; confirmations?: unknown } | null;
    if (status === null) return null;
    if (!isSlot(status.slot)) throw malformedAnswer({ method, endpoint }, 'a status has no slot');
    return { slot: status.slot, finalized: status.confirmationStatus === 'finalized' || status.confirmations === null };
  }

  async blockSlots(fromSlot: number, toSlot: number, endpoint: string): Promise<readonly number[]> {
    const method = 'getBlocks';
    const params = [fromSlot, toSlot, { commitment: 'finalized' }];
    const { result } = await this.#rpc.call(method, params, { only: endpoint });
    const isList = Array.isArray(result) && result.every((slot) => isSlot(slot) && slot >= fromSlot && slot <= toSlot);
    if (!isList) throw malformedAnswer({ method, endpoint }, 'the answer is not a list of slots in the range');
    return (result as number[]).toSorted((a, b) => a - b);
  }

  async block(slot: number, endpoint: string): Promise<Block> {
    const method = 'getBlock';
    const form = { encoding: 'json', transactionDetails: 'full', maxSupportedTransactionVersion: 1, rewards: false };
    const params = [slot, { commitment: 'finalized', ...form }];
    const { result } = await this.#rpc.call(method, params, { only: endpoint });
    return readBlock(result, slot, this.#programId, { method, endpoint });
  }

  async blockTime(slot: number): Promise<number | null> {
    const { result } = await this.#call('getBlockTime', [slot], { rounds: 1 });
    return typeof result === 'number' && Number.isSafeInteger(result) ? result : null;
  }

  async facts(): Promise<readonly EndpointFacts[]> {
    const { endpoints, health } = this.#rpc;
    const awake = health.order(Date.now(), undefined);
    const asked = awake.length > 0 ? endpoints.filter((endpoint) => awake.includes(endpoint)) : endpoints;
    const answers = await Promise.allSettled(asked.map((endpoint) => this.#factsOf(endpoint)));
    const facts = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (facts.length === 0 && failed !== undefined) throw failed.reason;
    return facts;
  }

  async #factsOf(endpoint: string): Promise<EndpointFacts> {
    const hash = await this.#stated('getGenesisHash', endpoint);
    const first =
      (await this.#stated('getFirstAvailableBlock', endpoint)) ?? (await this.#stated('minimumLedgerSlot', endpoint));
    return {
      endpoint,
      genesisHash: typeof hash === 'string' ? hash : null,
      firstSlot: isSlot(first) ? first : undefined,
    };
  }

  async consensus(): Promise<readonly EndpointConsensus[]> {
    const answers = await Promise.allSettled(this.endpoints().map((endpoint) => this.#consensusOf(endpoint)));
    const given = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (given.length === 0 && failed !== undefined) throw failed.reason;
    return given;
  }

  /** Finalized is asked after confirmed: where confirmed is final, it has come at least as far. */
  async #consensusOf(endpoint: string): Promise<EndpointConsensus> {
    const certificate = await this.#stated('getAgGenesisCert', endpoint);
    const confirmed = await this.#slotAt('confirmed', endpoint);
    const finalized = await this.#slotAt('finalized', endpoint);
    const { block } = (certificate ?? {}) as { block?: { slot?: unknown } };
    return {
      endpoint,
      alpenglow: certificate === null ? false : isSlot(block?.slot) ? block.slot <= finalized : undefined,
      confirmedIsFinal: finalized >= confirmed,
    };
  }

  async #slotAt(commitment: 'confirmed' | 'finalized', endpoint: string): Promise<number> {
    const { result } = await this.#rpc.call('getSlot', [{ commitment }], { only: endpoint, rounds: 2 });
    if (!isSlot(result)) throw malformedAnswer({ method: 'getSlot', endpoint }, 'the answer is not a slot');
    return result;
  }

  /** What an endpoint says of itself; undefined where it has no such method. */
  async #stated(method: string, endpoint: string): Promise<unknown> {
    try {
      return (await this.#rpc.call(method, [], { only: endpoint, rounds: 2 })).result;
    } catch (error) {
      if (error instanceof AppError && !error.retryable) return undefined;
      throw error;
    }
  }

  admit(endpoints: readonly string[]): void {
    this.#admitted = new Set(endpoints);
  }

  walkJudged(endpoint: string, omittedRows: number): void {
    if (omittedRows === 0) this.#rpc.health.agreed(endpoint);
    else this.#rpc.health.omitted(endpoint, omittedRows);
  }

  /**
   * Asks for a slot far ahead. Only a refusal (-32016) shows anything: this server checks how far it has come. An answer may
   * come from one that ignores minContextSlot, or from one that leaves out the rows below it: neither is ever sent it again.
   */
  async #probeNewEndpoints(slot: number): Promise<void> {
    for (const endpoint of this.endpoints()) {
      const probes = this.#probes.get(endpoint) ?? 0;
      if (this.#refuses.has(endpoint) || probes >= PROBES) continue;
      this.#probes.set(endpoint, probes + 1);
      const refuses = await this.#probe(endpoint, slot + UNREACHED_SLOTS);
      if (refuses !== undefined) this.#refuses.set(endpoint, refuses);
    }
  }

  async #probe(endpoint: string, minContextSlot: number): Promise<boolean | undefined> {
    const config = { commitment: 'finalized', limit: 1, minContextSlot };
    try {
      await this.#rpc.call('getSignaturesForAddress', [this.#programId, config], { only: endpoint, rounds: 1 });
      return false;
    } catch (error) {
      const { rpcCode } = (error as { context?: { rpcCode?: unknown } }).context ?? {};
      if (rpcCode === -32016) return true;
      return codeOf(error) === 'RPC_REJECTED' ? false : undefined;
    }
  }
}

function transactionConfig(commitment: 'confirmed' | 'finalized'): object {
  return { commitment, encoding: 'json', maxSupportedTransactionVersion: 1 };
}

interface StatedRow {
  readonly row: SignatureRow;
  readonly status: string | undefined;
}

function rowsOf(result: unknown, call: { method: string; endpoint: string }): StatedRow[] {
  if (!Array.isArray(result)) throw malformedAnswer(call, 'the answer is not a list of signatures');
  return result.map((value: unknown) => {
    const row = (value ?? {}) as Record<string, unknown>;
    const { signature, slot, blockTime, confirmationStatus } = row;
    if (typeof signature !== 'string' || !isSlot(slot)) throw malformedAnswer(call, 'a row has no signature or slot');
    return {
      row: {
        signature,
        slot,
        failed: (row['err'] ?? null) !== null,
        blockTime: typeof blockTime === 'number' ? blockTime : null,
      },
      status: typeof confirmationStatus === 'string' ? confirmationStatus : undefined,
    };
  });
}

function isSlot(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
