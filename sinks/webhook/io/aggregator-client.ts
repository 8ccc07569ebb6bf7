/** One POST to the aggregator. */

import type { Answer } from '../../../domain/answer-verdict.ts';
import type { LegacyLine } from '../../../domain/legacy-line.ts';

export interface AggregatorOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly timeoutMs: number;
  /** Ends calls when a stop takes too long. */
  readonly signal: AbortSignal;
}

export class AggregatorClient {
  readonly #options: AggregatorOptions;
  readonly #headers: Record<string, string>;

  constructor(options: AggregatorOptions) {
    this.#options = options;
    this.#headers = {
      'content-type': 'application/json',
      ...(options.token === undefined ? {} : { 'x-internal-token': options.token }),
    };
  }

  /**
   * @param eventId Sent as x-event-id, by which a receiver can tell a repeated push.
   * @throws what fetch throws: no connection, no answer in time.
   */
  async push(eventId: string, body: LegacyLine): Promise<Answer> {
    const { url, timeoutMs, signal } = this.#options;
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...this.#headers, 'x-event-id': eventId },
      body: JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    // The connection is free for the next push only once the body is read.
    await response.arrayBuffer();
    return { status: response.status, retryAfter: response.headers.get('retry-after') };
  }
}
