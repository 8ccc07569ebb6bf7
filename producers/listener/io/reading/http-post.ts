/** A POST over kept-alive connections. A third of the work of the built-in fetch, which matters at thousands of calls a second. */

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export interface HttpAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

const agents = {
  'http:': new HttpAgent({ keepAlive: true }),
  'https:': new HttpsAgent({ keepAlive: true }),
};

/** Raised when no whole answer came in time. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/**
 * Sends JSON text. Redirects are not followed.
 * @throws TimeoutError, the signal's reason, or the connection's error with its system code.
 */
export function postJson(url: URL, body: string, timeoutMs: number, signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const secure = url.protocol === 'https:';
    const request = (secure ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      agent: agents[secure ? 'https:' : 'http:'],
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    });
    const giveUp = (reason: unknown): void => void request.destroy(reason as Error);
    const onAbort = (): void => giveUp(signal.reason);
    const timer = setTimeout(() => giveUp(new TimeoutError('no answer in time')), timeoutMs);
    signal.addEventListener('abort', onAbort, { once: true });
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      finish();
    };
    request.on('error', (error) => settle(() => reject(error)));
    request.on('response', (response) => {
      response.on('error', (error) => settle(() => reject(error)));
      collect(response, (text) =>
        settle(() => resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], text })),
      );
    });
    request.end(body);
  });
}

function collect(response: IncomingMessage, done: (text: string) => void): void {
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.on('end', () => done(Buffer.concat(chunks).toString()));
}
