/** JSON-RPC endpoints of one chain: one is asked until it fails, then the next. */

import { Connection } from '@solana/web3.js';
import { rpcFailure } from './rpc-failure.ts';

export class RpcEndpoints {
  readonly #connections: readonly Connection[];
  #current = 0;

  /**
   * @param timeoutMs Longest wait for an answer.
   * @param signal Ends every call when the role stops.
   */
  constructor(urls: readonly string[], timeoutMs: number, signal: AbortSignal) {
    this.#connections = urls.map(
      (url) =>
        new Connection(url, {
          commitment: 'confirmed',
          // The library's own retries log to the console and hide rate limits.
          disableRetryOnRateLimit: true,
          fetch: (input, init) =>
            fetch(input, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) }),
        }),
    );
  }

  /**
   * @param call The method, for the error.
   * @throws AppError (see rpc-failure.ts); the next call goes to the next endpoint.
   */
  async ask<T>(call: string, work: (connection: Connection) => Promise<T>): Promise<T> {
    const asked = this.#current;
    try {
      return await work(this.#at(asked));
    } catch (error) {
      if (this.#current === asked) this.#current = (asked + 1) % this.#connections.length;
      throw rpcFailure(call, error);
    }
  }

  /** Gives the same to every endpoint; enough when one takes it. @throws AppError of the first endpoint. */
  async tellAll(call: string, work: (connection: Connection) => Promise<unknown>): Promise<void> {
    await Promise.any(this.#connections.map(work)).catch((error: unknown) => {
      throw rpcFailure(call, error instanceof AggregateError ? error.errors[0] : error);
    });
  }

  #at(index: number): Connection {
    const connection = this.#connections[index];
    if (connection === undefined) throw new RangeError('no RPC endpoint is configured');
    return connection;
  }
}
