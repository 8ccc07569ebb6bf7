/** Reading several accounts of the chain as of one slot. */

import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { redactUrl } from '../../../runtime/config.ts';
import { AppError, messageOf } from '../../../runtime/errors.ts';

/** Accounts of one request; the method's own limit. */
export const MOST_ACCOUNTS = 100;

export interface ChainAccount {
  /** base58 */
  readonly owner: string;
  readonly data: Uint8Array;
}

export interface AccountsAnswer {
  /** Slot of the node's state. */
  readonly slot: number;
  /** In the order asked; null where there is none. */
  readonly accounts: readonly (ChainAccount | null)[];
}

const answerShape = z.object({
  result: z.object({
    context: z.object({ slot: z.number().int().nonnegative() }),
    value: z.array(z.object({ owner: z.string(), data: z.tuple([z.string(), z.literal('base64')]) }).nullable()),
  }),
});

/**
 * Asks one endpoint after the other until one answers, at commitment confirmed.
 * @param addresses At most MOST_ACCOUNTS.
 * @param atSlot A node that has not reached it is no answer: it would forget what another one told.
 * @throws AppError RPC_UNAVAILABLE
 */
export async function readAccounts(
  endpoints: readonly string[],
  addresses: readonly string[],
  atSlot: number,
  timeoutMs: number,
): Promise<AccountsAnswer> {
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'getMultipleAccounts',
    params: [addresses, { encoding: 'base64', commitment: 'confirmed', minContextSlot: atSlot }],
  });
  const reasons: string[] = [];
  for (const endpoint of endpoints) {
    try {
      const answer = await Promise.race([ask(endpoint, body, timeoutMs), tooLate(timeoutMs)]);
      const { context, value } = answerShape.parse(answer).result;
      if (value.length !== addresses.length || context.slot < atSlot) throw new Error('an answer to another question');
      const accounts = value.map((account) =>
        account === null
          ? null
          : { owner: account.owner, data: new Uint8Array(Buffer.from(account.data[0], 'base64')) },
      );
      return { slot: context.slot, accounts };
    } catch (error) {
      reasons.push(`${redactUrl(endpoint)}: ${messageOf(error)}`);
    }
  }
  throw new AppError(
    'RPC_UNAVAILABLE',
    `No endpoint of ANCHOR_PROVIDER_URL gives the accounts (${reasons.join('; ')}).`,
    {
      retryable: true,
    },
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
