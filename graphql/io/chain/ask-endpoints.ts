/** A question to the chain: one endpoint after the other until one answers it. */

import { setTimeout as delay } from 'node:timers/promises';
import { redactUrl } from '../../../runtime/config.ts';
import { AppError, messageOf } from '../../../runtime/errors.ts';

export interface Question<T> {
  readonly method: string;
  readonly params: readonly unknown[];
  /** What the answer means. Throws where it is no answer to the question: the next endpoint is asked. */
  read(answer: unknown): T;
}

/** @throws AppError RPC_UNAVAILABLE */
export async function askEndpoints<T>(
  endpoints: readonly string[],
  { method, params, read }: Question<T>,
  timeoutMs: number,
): Promise<T> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const reasons: string[] = [];
  for (const endpoint of endpoints) {
    try {
      return read(await Promise.race([ask(endpoint, body, timeoutMs), tooLate(timeoutMs)]));
    } catch (error) {
      reasons.push(`${redactUrl(endpoint)}: ${messageOf(error)}`);
    }
  }
  throw new AppError(
    'RPC_UNAVAILABLE',
    `No endpoint of ANCHOR_PROVIDER_URL answers ${method} (${reasons.join('; ')}).`,
    { retryable: true },
  );
}

async function ask(endpoint: string, body: string, timeoutMs: number): Promise<unknown> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal: AbortSignal.timeout(timeoutMs),
  });
  const answer = (await response.json()) as { error?: { message?: string } };
  if (answer.error !== undefined) throw new Error(answer.error.message ?? 'refused');
  return answer;
}

/** A body that trickles in is not stopped by the signal everywhere. */
async function tooLate(timeoutMs: number): Promise<never> {
  await delay(timeoutMs + 100, undefined, { ref: false });
  throw new Error(`no answer in ${timeoutMs} ms`);
}
