/** JSON-RPC over HTTP to one or more Solana nodes: time-outs, Retry-After, rotation by health. */

import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../../../../runtime/backoff.ts';
import { AppError, codeOf } from '../../../../runtime/errors.ts';
import { type BatchOutcome, BatchSizes } from '../../core/reading/batch-sizes.ts';
import { HealthScore } from '../../core/reading/health-score.ts';
import { batchResults } from './batch-answer.ts';
import { type HttpAnswer, postJson } from './http-post.ts';
import {
  httpError,
  malformedAnswer,
  type RpcErrorObject,
  retryAfterMs,
  rpcError,
  transportError,
} from './rpc-errors.ts';

export interface RpcClientOptions {
  readonly urls: readonly string[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Told of every call: for metrics and the throttled log. */
  onCall(call: { endpoint: string; method: string; durationMs: number; error: AppError | undefined }): void;
}

export interface CallOptions {
  /** Endpoint to avoid where another is as good. */
  readonly avoid?: string | undefined;
  /** The only endpoint to ask. */
  readonly only?: string;
  /** The endpoints that may be asked. Default: every one. */
  readonly among?: ReadonlySet<string> | undefined;
  /** Times that every endpoint is asked, at most. Default 4. */
  readonly rounds?: number;
}

export interface Answer {
  readonly result: unknown;
  readonly endpoint: string;
}

const ROUNDS = 4;
const FIRST_WAIT_MS = 40;
const LONGEST_WAIT_MS = 1000;
/** Longest total wait for a call before its caller is told. */
const PATIENCE_MS = 20_000;
const RATE_LIMIT_REST_MS = 1000;
const LONGEST_REST_MS = 60_000;

export class RpcClient {
  readonly #options: RpcClientOptions;
  /** Endpoint name (host) to URL. */
  readonly #urls: ReadonlyMap<string, URL>;
  readonly health: HealthScore;
  #id = 0;
  readonly #batches = new BatchSizes();

  constructor(options: RpcClientOptions) {
    this.#options = options;
    this.#urls = namedEndpoints(options.urls);
    this.health = new HealthScore([...this.#urls.keys()]);
  }

  get endpoints(): string[] {
    return [...this.#urls.keys()];
  }

  /**
   * Asks the endpoints in order of health until one answers, a few times over.
   * @throws AppError the last error: RPC_UNAVAILABLE, RPC_RATE_LIMITED, RPC_NODE_BEHIND, RPC_FAILED, RPC_MALFORMED
   * (retryable), RPC_REJECTED, RPC_METHOD_MISSING, TRANSACTION_VERSION_UNSUPPORTED.
   */
  async call(method: string, params: readonly unknown[], options: CallOptions = {}): Promise<Answer> {
    const { signal } = this.#options;
    const deadlineMs = Date.now() + PATIENCE_MS;
    const tried = new Set<string>();
    let last: AppError | undefined;
    let rounds = 0;
    for (;;) {
      signal.throwIfAborted();
      const mayBeAsked = (name: string): boolean =>
        options.only === undefined ? options.among?.has(name) !== false : name === options.only;
      const available = this.health.order(Date.now(), options.avoid).filter(mayBeAsked);
      const endpoint = available.find((name) => !tried.has(name));
      if (endpoint !== undefined) {
        tried.add(endpoint);
        const outcome = await this.#callOne(endpoint, method, params);
        if (!(outcome instanceof AppError)) return outcome;
        last = outcome;
        continue;
      }
      if (tried.size > 0) rounds += 1;
      if (last !== undefined && (rounds >= (options.rounds ?? ROUNDS) || (!last.retryable && available.length > 0)))
        throw last;
      tried.clear();
      const waitMs = Math.max(backoffMs(rounds, FIRST_WAIT_MS, LONGEST_WAIT_MS), this.#untilReturnMs(available));
      if (Date.now() + waitMs > deadlineMs) throw last ?? restingTooLong(method, waitMs);
      await delay(waitMs, undefined, { signal });
    }
  }

  /** Calls that `callMany` takes at once now; 1 where no endpoint takes several. */
  mostTogether(among: ReadonlySet<string> | undefined): number {
    const nowMs = Date.now();
    const endpoint = this.#takesBatches(nowMs, among);
    return endpoint === undefined ? 1 : this.#batches.size(endpoint, nowMs);
  }

  /**
   * Asks the healthiest endpoint that takes batches once, for several things at the same time.
   * @param questions As many as `mostTogether` says, at most.
   * @returns one answer a question, undefined where it gave none: `call` asks again, and says why. Throws nothing but the signal's reason.
   */
  async callMany(
    method: string,
    questions: readonly (readonly unknown[])[],
    among: ReadonlySet<string> | undefined,
  ): Promise<readonly (Answer | undefined)[]> {
    const endpoint = this.#takesBatches(Date.now(), among);
    if (endpoint === undefined) return [];
    const judge = (outcome: BatchOutcome): void => this.#batches.judge(endpoint, questions.length, outcome, Date.now());
    const { timeoutMs, signal, onCall } = this.#options;
    const startedMs = performance.now();
    const firstId = this.#id + 1;
    this.#id += questions.length;
    const body = questions.map((params, position) => ({ jsonrpc: '2.0', id: firstId + position, method, params }));
    let response: HttpAnswer;
    try {
      response = await postJson(this.#urls.get(endpoint) as URL, JSON.stringify(body), timeoutMs, signal);
    } catch {
      signal.throwIfAborted();
      judge('failed');
      return [];
    }
    this.#rest(endpoint, response);
    const mayPass = response.status === 408 || response.status === 429 || response.status >= 500;
    const results = mayPass ? undefined : batchResults(response.text, firstId, questions.length);
    if (results === undefined) {
      judge(mayPass ? 'failed' : 'refused');
      return [];
    }
    const durationMs = performance.now() - startedMs;
    this.health.succeeded(endpoint, durationMs);
    judge(results.includes(undefined) ? 'partly' : 'whole');
    return results.map((result) => {
      if (result === undefined) return undefined;
      onCall({ endpoint, method, durationMs, error: undefined });
      return { result, endpoint };
    });
  }

  #takesBatches(nowMs: number, among: ReadonlySet<string> | undefined): string | undefined {
    const mayBeAsked = (name: string): boolean => among?.has(name) !== false && this.#batches.size(name, nowMs) > 1;
    return this.health.order(nowMs, undefined).find(mayBeAsked);
  }

  /** 0 while somebody may be asked; after a 429, or many failures, nobody may. */
  #untilReturnMs(available: readonly string[]): number {
    return available.length > 0 ? 0 : this.health.nextReturnMs() - Date.now();
  }

  async #callOne(endpoint: string, method: string, params: readonly unknown[]): Promise<Answer | AppError> {
    const startedMs = performance.now();
    let error: AppError | undefined;
    try {
      return { result: await this.#post(endpoint, method, params), endpoint };
    } catch (thrown) {
      this.#options.signal.throwIfAborted();
      error = thrown instanceof AppError ? thrown : transportError(thrown, { endpoint, method });
      return error;
    } finally {
      const durationMs = performance.now() - startedMs;
      this.#judge(endpoint, durationMs, error);
      this.#options.onCall({ endpoint, method, durationMs, error });
    }
  }

  #judge(endpoint: string, durationMs: number, error: AppError | undefined): void {
    // An answer that says no to the question is an answer.
    const answered = error === undefined || !error.retryable || codeOf(error) === 'RPC_NODE_BEHIND';
    if (answered) this.health.succeeded(endpoint, durationMs);
    else this.health.failed(endpoint, Date.now());
  }

  async #post(endpoint: string, method: string, params: readonly unknown[]): Promise<unknown> {
    const call = { endpoint, method };
    this.#id += 1;
    const id = this.#id;
    const { timeoutMs, signal } = this.#options;
    const text = JSON.stringify({ jsonrpc: '2.0', id, method, params });
    const response = await postJson(this.#urls.get(endpoint) as URL, text, timeoutMs, signal);
    this.#rest(endpoint, response);
    const body = parse(response.text);
    const error = body?.['error'];
    if (isRpcError(error)) {
      if (error.code === -32005 || error.code === 429) this.health.rest(endpoint, Date.now() + RATE_LIMIT_REST_MS / 2);
      throw rpcError(error, call);
    }
    if (response.status < 200 || response.status > 299) throw httpError(response.status, call);
    if (body === undefined || !('result' in body)) throw malformedAnswer(call, 'the answer is not JSON-RPC');
    if (body['id'] !== id) throw malformedAnswer(call, 'the answer belongs to another request');
    return body['result'];
  }

  #rest(endpoint: string, response: HttpAnswer): void {
    if (response.status !== 429 && response.status !== 503) return;
    const nowMs = Date.now();
    const asked = retryAfterMs(response.retryAfter, nowMs);
    if (asked === undefined && response.status === 503) return;
    this.health.rest(endpoint, nowMs + Math.min(LONGEST_REST_MS, asked ?? RATE_LIMIT_REST_MS));
  }
}

/** Hosts as names; a host that stands twice gets a number. */
function namedEndpoints(urls: readonly string[]): Map<string, URL> {
  const named = new Map<string, URL>();
  for (const url of urls) {
    const parsed = new URL(url);
    const { host } = parsed;
    let name = host;
    for (let count = 2; named.has(name); count += 1) name = `${host}#${count}`;
    named.set(name, parsed);
  }
  return named;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function isRpcError(error: unknown): error is RpcErrorObject {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return typeof code === 'number' && typeof message === 'string';
}

function restingTooLong(method: string, waitMs: number): AppError {
  return new AppError('RPC_RATE_LIMITED', `${method}: every RPC endpoint asked to be left alone for ${waitMs} ms.`, {
    retryable: true,
  });
}
