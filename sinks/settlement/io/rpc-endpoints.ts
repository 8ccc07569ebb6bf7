/** JSON-RPC endpoints of one chain: one is asked until it fails, then the next. */

import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@solana/web3.js';
import { AppError } from '../../../runtime/errors.ts';
import { rpcFailure } from './rpc-failure.ts';

/** Nobody waits longer for who takes a transaction: what is silent may still send it on. */
const PATIENCE_MS = 1000;

export class RpcEndpoints {
  readonly #connections: readonly Connection[];
  readonly #sendersOnly: readonly Connection[];
  /** Endpoints that have shown which chain they are of. */
  readonly #admitted = new Set<number>();
  #genesisHash: string | undefined;
  #current = 0;

  /**
   * @param timeoutMs Longest wait for an answer.
   * @param signal Ends every call when the role stops.
   * @param senderUrls Told what the endpoints are told, never asked anything, not even their chain: block engines.
   */
  constructor(urls: readonly string[], timeoutMs: number, signal: AbortSignal, senderUrls: readonly string[] = []) {
    const connect = (url: string): Connection =>
      new Connection(url, {
        commitment: 'confirmed',
        // The library's own retries log to the console and hide rate limits.
        disableRetryOnRateLimit: true,
        fetch: (input, init) =>
          fetch(input, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) }),
      });
    this.#connections = urls.map(connect);
    this.#sendersOnly = senderUrls.map(connect);
  }

  /**
   * From now on no endpoint is asked, or told anything, that does not show that it is of this chain.
   * @param known Genesis hash of the chain of this deployment; undefined where nobody has said it: then the endpoints must agree.
   * @throws AppError CHAIN_DIFFERS (retryable) when one is of another chain; RPC_UNAVAILABLE when none says.
   */
  async expectChain(known: string | undefined): Promise<void> {
    const hashes = await Promise.all(
      this.#connections.map((connection) => connection.getGenesisHash().catch((error: unknown) => ({ error }))),
    );
    const said = hashes.flatMap((hash, index) => (typeof hash === 'string' ? [{ hash, index }] : []));
    const expected = known ?? said[0]?.hash;
    const foreign = said.filter(({ hash }) => hash !== expected);
    if (foreign.length > 0) throw chainDiffers(foreign, expected ?? '', known !== undefined);
    this.#genesisHash = expected;
    for (const { index } of said) this.#admitted.add(index);
    const [first] = hashes;
    if (said.length === 0) throw rpcFailure('getGenesisHash', (first as { error: unknown } | undefined)?.error);
  }

  /**
   * @param call The method, for the error.
   * @throws AppError (see rpc-failure.ts); the next call goes to the next endpoint.
   */
  async ask<T>(call: string, work: (connection: Connection) => Promise<T>): Promise<T> {
    const asked = this.#current;
    try {
      return await work(await this.#at(asked));
    } catch (error) {
      // What answers at its address next may be another server.
      this.#admitted.delete(asked);
      if (this.#current === asked) this.#current = (asked + 1) % this.#connections.length;
      throw rpcFailure(call, error);
    }
  }

  /**
   * Gives the same to every endpoint and sender at once; enough when one takes it. Who is silent keeps nobody waiting longer than
   * the patience; its call goes on.
   * @throws AppError of the first endpoint where all refuse; RPC_UNAVAILABLE where the patience is over.
   */
  async tellAll(
    call: string,
    work: (connection: Connection) => Promise<unknown>,
    patienceMs = PATIENCE_MS,
  ): Promise<void> {
    const enough = new AbortController();
    const endpoints = this.#connections.map(async (_, index) => work(await this.#at(index)));
    const told = Promise.any([...endpoints, ...this.#sendersOnly.map(work)]).catch((error: unknown) => {
      throw rpcFailure(call, error instanceof AggregateError ? error.errors[0] : error);
    });
    const silence = delay(patienceMs, undefined, { signal: enough.signal }).then(() => {
      const sentence = `${call}: nobody has answered within ${patienceMs} ms; the call goes on.`;
      throw new AppError('RPC_UNAVAILABLE', sentence, { retryable: true });
    });
    silence.catch(() => undefined);
    told.catch(() => undefined);
    await Promise.race([told, silence]).finally(() => enough.abort());
  }

  async #at(index: number): Promise<Connection> {
    const connection = this.#connections[index];
    if (connection === undefined) throw new RangeError('no RPC endpoint is configured');
    const expected = this.#genesisHash;
    if (expected === undefined || this.#admitted.has(index)) return connection;
    const hash = await connection.getGenesisHash();
    if (hash !== expected) throw chainDiffers([{ hash, index }], expected, true);
    this.#admitted.add(index);
    return connection;
  }
}

function chainDiffers(
  foreign: readonly { readonly hash: string; readonly index: number }[],
  expected: string,
  isKnown: boolean,
): AppError {
  const named = foreign.map(({ hash, index }) => `endpoint ${index + 1} (genesis ${hash})`).join(', ');
  const whose = isKnown ? 'this deployment is of' : 'the first one is of';
  return new AppError(
    'CHAIN_DIFFERS',
    `Of ANCHOR_PROVIDER_URL, ${named} is of another chain than the one with genesis ${expected}, which ${whose}. Nothing is read from it and nothing is sent to it: give endpoints of one cluster only, the one that the listeners read.`,
    { retryable: true, context: { genesisHash: expected } },
  );
}
