import type { ChainState } from '../core/bank/chain-state.ts';
import { ChainView } from '../core/bank/chain-view.ts';
import { NO_FAULTS } from '../core/faults/fault-plan.ts';
import { PrioritizationFees } from '../core/ledger/prioritization-fees.ts';
import type { Faucet } from './faucet.ts';
import { jsonText } from './raw-json.ts';
import type { RpcMethods } from './rpc-context.ts';
import { INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR, RpcError } from './rpc-error.ts';
import { accountMethods } from './rpc-methods/accounts.ts';
import { blockMethods } from './rpc-methods/blocks.ts';
import { clusterMethods } from './rpc-methods/cluster.ts';
import { feeMethods } from './rpc-methods/fees.ts';
import { historyMethods } from './rpc-methods/history.ts';
import { transactionMethods } from './rpc-methods/transactions.ts';

const METHODS: RpcMethods = {
  ...clusterMethods,
  ...blockMethods,
  ...historyMethods,
  ...accountMethods,
  ...feeMethods,
  ...transactionMethods,
};
const INTERNAL_ERROR = -32_603;
const ATTEMPTS_KEPT = 100_000;

/** Answers JSON-RPC requests, without any transport. */
export class RpcService {
  readonly #state: ChainState;
  readonly #faucet: Faucet;
  readonly #fees = new PrioritizationFees();
  readonly #unknown: readonly string[];
  readonly #attempts = new Map<string, number>();

  /** @param knowsAlpenglow Whether it answers getAgGenesisCert, as nodes from Agave 4.3 do. */
  constructor(state: ChainState, faucet: Faucet, knowsAlpenglow: boolean) {
    this.#state = state;
    this.#faucet = faucet;
    this.#unknown = knowsAlpenglow ? [] : ['getAgGenesisCert'];
    this.#fees.open(state.slot('processed'));
    state.onEvent((event) => {
      if (event.type === 'slot') this.#fees.open(event.slot);
      if (event.type === 'transactions' && event.commitment === 'processed') {
        for (const record of event.records) this.#fees.add(record);
      }
    });
  }

  #attempt(key: string): number {
    const count = this.#attempts.get(key) ?? 0;
    if (this.#attempts.size >= ATTEMPTS_KEPT) this.#attempts.clear();
    this.#attempts.set(key, count + 1);
    return count;
  }

  /** Runs one method; `count` numbers the requests and chooses the back end under a fault plan. Throws RpcError. */
  call(method: string, params: readonly unknown[], count = 0): unknown {
    const run = Object.hasOwn(METHODS, method) && !this.#unknown.includes(method) ? METHODS[method] : undefined;
    if (run === undefined) throw new RpcError(METHOD_NOT_FOUND, 'Method not found');
    const { faults } = this.#state;
    const lagSlots = faults === NO_FAULTS ? 0 : faults.backendLagSlots({ count });
    const view = new ChainView(this.#state, lagSlots);
    return run(
      { state: this.#state, view, fees: this.#fees, faucet: this.#faucet, attempt: (key) => this.#attempt(key) },
      params,
    );
  }

  /** Answers the body of an HTTP request, single or batch; the empty text when only notifications came. */
  answer(body: string, count: number): string {
    let parsed: unknown;
    try {
      parsed = JSON.parse(body);
    } catch {
      return errorText(null, new RpcError(PARSE_ERROR, 'Parse error'));
    }
    if (!Array.isArray(parsed)) return this.#answerOne(parsed, count);
    if (parsed.length === 0) return errorText(null, new RpcError(INVALID_REQUEST, 'Invalid request'));
    const texts = parsed.map((request) => this.#answerOne(request, count)).filter((text) => text !== '');
    return texts.length === 0 ? '' : `[${texts.join(',')}]`;
  }

  #answerOne(request: unknown, count: number): string {
    const { jsonrpc, id, method, params } = (request ?? {}) as Record<string, unknown>;
    const isId = id === null || typeof id === 'string' || typeof id === 'number';
    if (jsonrpc !== '2.0' || typeof method !== 'string' || (id !== undefined && !isId)) {
      return errorText(isId ? id : null, new RpcError(INVALID_REQUEST, 'Invalid request'));
    }
    let text: string;
    try {
      if (params !== undefined && params !== null && !Array.isArray(params)) {
        throw new RpcError(INVALID_REQUEST, 'Invalid request: params must be a list');
      }
      const result = jsonText(this.call(method, (params as unknown[] | null | undefined) ?? [], count));
      text = `{"jsonrpc":"2.0","result":${result},"id":${JSON.stringify(id ?? null)}}`;
    } catch (error) {
      const known =
        error instanceof RpcError ? error : new RpcError(INTERNAL_ERROR, `Internal error: ${String(error)}`);
      text = errorText(id ?? null, known);
    }
    return id === undefined ? '' : text;
  }
}

/** An error answer as text. */
export function errorText(id: unknown, error: RpcError): string {
  return `{"jsonrpc":"2.0","error":${JSON.stringify(error)},"id":${JSON.stringify(id)}}`;
}
