/** The core's view of the chain, on Solana's JSON-RPC. */

import { AppError, codeOf } from '../../../../runtime/errors.ts';
import type { ChainReader, PageQuery, SignaturePage, SignatureRow } from '../../core/ports.ts';
import type { RpcClient } from './rpc-client.ts';
import { malformedAnswer } from './rpc-errors.ts';

/** The most rows that getSignaturesForAddress gives. */
const PAGE_ROWS = 1000;
/** A slot that no node has reached, to see whether a server honours minContextSlot. */
const UNREACHED_SLOTS = 50_000_000;
const PROBES = 3;

/** What a server does with minContextSlot. */
type MinContext = 'honoured' | 'ignored' | 'rejected';

export class RpcChainReader implements ChainReader {
  readonly #rpc: RpcClient;
  readonly #programId: string;
  readonly #minContext = new Map<string, MinContext>();
  readonly #probes = new Map<string, number>();

  constructor(rpc: RpcClient, programId: string) {
    this.#rpc = rpc;
    this.#programId = programId;
  }

  async finalizedSlot(): Promise<{ slot: number; endpoint: string }> {
    const { result, endpoint } = await this.#rpc.call('getSlot', [{ commitment: 'finalized' }]);
    if (!isSlot(result)) throw malformedAnswer({ method: 'getSlot', endpoint }, 'the answer is not a slot');
    this.#rpc.health.slotSeen(endpoint, result);
    return { slot: result, endpoint };
  }

  async signatures(query: PageQuery): Promise<SignaturePage> {
    await this.#probeNewEndpoints(query.minContextSlot);
    const endpoint = this.#rpc.health.order(Date.now(), query.avoid)[0];
    const support = endpoint === undefined ? undefined : this.#minContext.get(endpoint);
    const config = {
      commitment: 'finalized',
      limit: PAGE_ROWS,
      ...(query.before === undefined ? {} : { before: query.before }),
      ...(support === 'rejected' ? {} : { minContextSlot: query.minContextSlot }),
    };
    const method = 'getSignaturesForAddress';
    const answer = await this.#rpc
      .call(method, [this.#programId, config], { avoid: query.avoid })
      .catch((error: unknown) => this.#noteRejection(error));
    const rows = rowsOf(answer.result, { method, endpoint: answer.endpoint });
    const honoured = support !== 'rejected' && this.#minContext.get(answer.endpoint) === 'honoured';
    return {
      rows: rows.filter((row) => row.status === undefined || row.status === 'finalized').map(({ row }) => row),
      endpoint: answer.endpoint,
      viewSlot: honoured ? query.minContextSlot : undefined,
    };
  }

  async newestConfirmed(): Promise<readonly SignatureRow[]> {
    const method = 'getSignaturesForAddress';
    const config = { commitment: 'confirmed', limit: PAGE_ROWS };
    const { result, endpoint } = await this.#rpc.call(method, [this.#programId, config]);
    return rowsOf(result, { method, endpoint })
      .filter((row) => row.status !== 'processed')
      .map(({ row }) => row);
  }

  async transaction(signature: string, commitment: 'confirmed' | 'finalized'): Promise<unknown> {
    const config = { commitment, encoding: 'json', maxSupportedTransactionVersion: 1 };
    const first = await this.#rpc.call('getTransaction', [signature, config]);
    if (first.result !== null || this.#rpc.endpoints.length === 1) return first.result;
    return (await this.#rpc.call('getTransaction', [signature, config], { avoid: first.endpoint })).result;
  }

  async signatureStatus(signature: string): Promise<{ slot: number; finalized: boolean } | null> {
    const method = 'getSignatureStatuses';
    const { result, endpoint } = await this.#rpc.call(method, [[signature], { searchTransactionHistory: true }]);
    const { value } = (result ?? {}) as { value?: unknown };
    if (!Array.isArray(value) || value.length !== 1) {
      throw malformedAnswer({ method, endpoint }, 'the answer has no status');
    }
    const status = value[0] as { slot?: unknown; confirmationStatus?: unknown; confirmations?: unknown } | null;
    if (status === null) return null;
    if (!isSlot(status.slot)) throw malformedAnswer({ method, endpoint }, 'a status has no slot');
    return { slot: status.slot, finalized: status.confirmationStatus === 'finalized' || status.confirmations === null };
  }

  async blockTime(slot: number): Promise<number | null> {
    const { result } = await this.#rpc.call('getBlockTime', [slot], { rounds: 1 });
    return typeof result === 'number' && Number.isSafeInteger(result) ? result : null;
  }

  async firstAvailableSlot(): Promise<number | undefined> {
    try {
      const { result } = await this.#rpc.call('getFirstAvailableBlock', []);
      return isSlot(result) ? result : undefined;
    } catch (error) {
      if (error instanceof AppError && !error.retryable) return undefined;
      throw error;
    }
  }

  walkJudged(endpoint: string, omittedRows: number): void {
    if (omittedRows === 0) this.#rpc.health.agreed(endpoint);
    else this.#rpc.health.omitted(endpoint, omittedRows);
  }

  /** A server that refuses the parameter, and was not probed in time, is asked without it next time. */
  #noteRejection(error: unknown): never {
    const { endpoint } = (error as { context?: { endpoint?: unknown } }).context ?? {};
    if (codeOf(error) === 'RPC_REJECTED' && typeof endpoint === 'string' && !this.#minContext.has(endpoint)) {
      this.#minContext.set(endpoint, 'rejected');
    }
    throw error;
  }

  /** Asks for a slot far ahead: a server that gives rows all the same ignores minContextSlot, and its lag stays hidden. */
  async #probeNewEndpoints(slot: number): Promise<void> {
    for (const endpoint of this.#rpc.health.order(Date.now(), undefined)) {
      const probes = this.#probes.get(endpoint) ?? 0;
      if (this.#minContext.has(endpoint) || probes >= PROBES) continue;
      this.#probes.set(endpoint, probes + 1);
      const support = await this.#probe(endpoint, slot + UNREACHED_SLOTS);
      if (support !== undefined) this.#minContext.set(endpoint, support);
    }
  }

  async #probe(endpoint: string, minContextSlot: number): Promise<MinContext | undefined> {
    const config = { commitment: 'finalized', limit: 1, minContextSlot };
    try {
      await this.#rpc.call('getSignaturesForAddress', [this.#programId, config], { only: endpoint, rounds: 1 });
      return 'ignored';
    } catch (error) {
      const { rpcCode } = (error as { context?: { rpcCode?: unknown } }).context ?? {};
      if (rpcCode === -32016) return 'honoured';
      return codeOf(error) === 'RPC_REJECTED' ? 'rejected' : undefined;
    }
  }
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
