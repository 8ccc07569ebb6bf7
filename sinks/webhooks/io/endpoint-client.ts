/** One signed POST to an endpoint. */

import { type LookupAddress, lookup } from 'node:dns';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { signWebhook } from '@attention-oracle/sdk';
import type { Answer } from '../../../domain/answer-verdict.ts';
import type { Endpoint } from '../core/endpoint.ts';
import type { AddressGuard } from './address-guard.ts';

export interface EndpointClientOptions {
  readonly endpoint: Pick<Endpoint, 'url' | 'secrets'>;
  readonly guard: AddressGuard;
  readonly timeoutMs: number;
  readonly connections: number;
}

/** No answer came in time; its code is TIMEOUT. */
class NoAnswer extends Error {
  readonly code = 'TIMEOUT';
}

export class EndpointClient {
  readonly #options: EndpointClientOptions;
  readonly #url: URL;
  readonly #agent: HttpAgent | HttpsAgent;

  constructor(options: EndpointClientOptions) {
    this.#options = options;
    this.#url = new URL(options.endpoint.url);
    const pool = { keepAlive: true, maxSockets: options.connections, lookup: this.#guardedLookup() };
    this.#agent = this.#url.protocol === 'https:' ? new HttpsAgent(pool) : new HttpAgent(pool);
  }

  /**
   * @param id The same for every repetition of a message.
   * @throws what the connection ends with; AppError WEBHOOK_ADDRESS_FORBIDDEN; NoAnswer after the timeout; the signal's reason.
   */
  async post(id: string, body: string, signal: AbortSignal): Promise<Answer> {
    const { endpoint, guard, timeoutMs } = this.#options;
    // A literal address is not looked up.
    const host = this.#url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0) guard.check(host, this.#url.protocol);
    const seconds = Math.floor(Date.now() / 1000);
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'attention-oracle-webhooks/1',
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': signWebhook(endpoint.secrets, id, seconds, body),
    };
    const send = this.#url.protocol === 'https:' ? httpsRequest : httpRequest;
    return await new Promise<Answer>((resolve, reject) => {
      const request = send(this.#url, { method: 'POST', agent: this.#agent, headers, signal }, (response) => {
        const { statusCode: status = 0, headers: answered } = response;
        response.on('error', reject);
        response.on('end', () => resolve({ status, retryAfter: answered['retry-after'] ?? null }));
        // The connection is free for the next delivery only once the body is read.
        response.resume();
      });
      const timer = setTimeout(() => request.destroy(new NoAnswer(`no answer in ${timeoutMs} ms`)), timeoutMs);
      request.on('close', () => clearTimeout(timer));
      request.on('error', reject);
      request.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Each connection is judged by the address that it is made to: a name that changes its address meanwhile changes nothing. */
  #guardedLookup(): LookupFunction {
    const { guard } = this.#options;
    const { protocol } = this.#url;
    return (hostname, options, callback) =>
      lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
        if (error !== null) return callback(error, []);
        try {
          for (const { address } of addresses) guard.check(address, protocol);
        } catch (refused) {
          return callback(refused as NodeJS.ErrnoException, []);
        }
        const [first] = addresses;
        if (options.all === true || first === undefined) callback(null, addresses);
        else callback(null, first.address, first.family);
      });
  }
}
