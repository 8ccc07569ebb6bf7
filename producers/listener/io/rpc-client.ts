/** JSON-RPC over HTTP to one or more Solana nodes: time-outs, Retry-After, rotation by health. */

import { setTimeout as delay } from 'node:timers/promises';
import { AppError, codeOf } from '../../../runtime/errors.ts';
import { HealthScore } from '../core/health-score.ts';
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
}

export interface Answer {
  readonly result: unknown;
  readonly endpoint: string;
}

/** Longest total wait for a call before its caller is told. */
const PATIENCE_MS = 20_000;
const RATE_LIMIT_REST_MS = 1000;
const LONGEST_REST_MS = 60_000;

export class RpcClient {
  readonly #options: RpcClientOptions;
  /** Endpoint name (host) to URL. */
  readonly #urls: ReadonlyMap<string, string>;
  readonly health: HealthScore;
  #id = 0;

  constructor(options: RpcClientOptions) {
    this.#options = options;
    this.#urls = namedEndpoints(options.urls);
    this.health = new HealthScore([...this.#urls.keys()]);
  }

  get endpoints(): string[] {
    return [...this.#urls.keys()];
  }

  /**
   * Asks the endpoints in order of health until one answers.
   * @throws AppError the last error: RPC_UNAVAILABLE, RPC_RATE_LIMITED, RPC_NODE_BEHIND, RPC_FAILED, RPC_MALFORMED
   * (retryable), RPC_REJECTED, RPC_METHOD_MISSING, TRANSACTION_VERSION_UNSUPPORTED.
   */
  async call(method: string, params: readonly unknown[], options: CallOptions = {}): Promise<Answer> {
    const deadlineMs = Date.now() + PATIENCE_MS;
    const tried = new Set<string>();
    let last: Error | undefined;
    for (;;) {
      this.#options.signal.throwIfAborted();
      const available = this.health.order(Date.now(), options.avoid).filter((name) => name === (options.only ?? name));
      const endpoint = available.find((name) => !tried.has(name));
      if (endpoint !== undefined) {
        try {
          return await this.#callOne(endpoint, method, params);
        } catch (error) {
          last = error instanceof Error ? error : new Error(String(error));
          tried.add(endpoint);
          continue;
        }
      }
      // Everybody that may be asked has failed, or everybody rests after a 429: wait for the first to return.
      if (last !== undefined && !this.#resting()) throw last;
      const waitMs = Math.max(10, this.health.nextReturnMs() - Date.now());
      if (Date.now() + waitMs > deadlineMs) throw last ?? restingTooLong(method, waitMs);
      await delay(waitMs, undefined, { signal: this.#options.signal });
      tried.clear();
    }
  }

  #resting(): boolean {
    const nowMs = Date.now();
    return this.endpoints.every((endpoint) => this.health.get(endpoint).restUntilMs > nowMs);
  }

  async #callOne(endpoint: string, method: string, params: readonly unknown[]): Promise<Answer> {
    const startedMs = performance.now();
    let error: AppError | undefined;
    try {
      return { result: await this.#post(endpoint, method, params), endpoint };
    } catch (thrown) {
      this.#options.signal.throwIfAborted();
      error = thrown instanceof AppError ? thrown : transportError(thrown, { endpoint, method });
      throw error;
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
    const response = await fetch(this.#urls.get(endpoint) ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
      signal: AbortSignal.any([AbortSignal.timeout(this.#options.timeoutMs), this.#options.signal]),
    });
    const text = await response.text();
    this.#rest(endpoint, response);
    const body = parse(text);
    const error = body?.['error'];
    if (isRpcError(error)) {
      if (error.code === -32005 || error.code === 429) this.health.rest(endpoint, Date.now() + RATE_LIMIT_REST_MS / 2);
      throw rpcError(error, call);
    }
    if (!response.ok) throw httpError(response.status, call);
    if (body === undefined || !('result' in body)) throw malformedAnswer(call, 'the answer is not JSON-RPC');
    if (body['id'] !== id) throw malformedAnswer(call, 'the answer belongs to another request');
    return body['result'];
  }

  #rest(endpoint: string, response: Response): void {
    if (response.status !== 429 && response.status !== 503) return;
    const nowMs = Date.now();
    const asked = retryAfterMs(response.headers.get('retry-after'), nowMs);
    if (asked === undefined && response.status === 503) return;
    this.health.rest(endpoint, nowMs + Math.min(LONGEST_REST_MS, asked ?? RATE_LIMIT_REST_MS));
  }
}

/** Hosts as names; a host that stands twice gets a number. */
function namedEndpoints(urls: readonly string[]): Map<string, string> {
  const named = new Map<string, string>();
  for (const url of urls) {
    const { host } = new URL(url);
    let name = host;
    for (let count = 2; named.has(name); count += 1) name = `${host}#${count}`;
    named.set(name, url);
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
