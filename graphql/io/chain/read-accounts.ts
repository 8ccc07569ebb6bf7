/** Reading several accounts of the chain as of one slot. */

import { z } from 'zod';
import { askEndpoints } from './ask-endpoints.ts';

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
  return askEndpoints(
    endpoints,
    {
      method: 'getMultipleAccounts',
      params: [addresses, { encoding: 'base64', commitment: 'confirmed', minContextSlot: atSlot }],
      read(answer) {
        const { context, value } = answerShape.parse(answer).result;
        if (value.length !== addresses.length || context.slot < atSlot)
          throw new Error('an answer to another question');
        const accounts = value.map((account) =>
          account === null
            ? null
            : { owner: account.owner, data: new Uint8Array(Buffer.from(account.data[0], 'base64')) },
        );
        return { slot: context.slot, accounts };
      },
    },
    timeoutMs,
  );
}
