/** The RPC server that is read back: made-up transactions with claims, of which the finalised part grows on demand. */

import type { FixtureTransaction } from '../../producers/listener/testing/fixture-rpc.ts';
import { FixtureRpc } from '../../producers/listener/testing/fixture-rpc.ts';
import { madeUpTransactions } from '../../producers/listener/testing/fixture-transactions.ts';
import { AppError } from '../../runtime/errors.ts';
import { answerParent } from '../measure/child-process.ts';

const TRANSACTIONS_PER_SLOT = 10;

let server: FixtureRpc;
let transactions: FixtureTransaction[] = [];

answerParent({
  /** @returns the URL. */
  start: async (count: number) => {
    transactions = madeUpTransactions(count, TRANSACTIONS_PER_SLOT);
    server = await FixtureRpc.start({ webSocket: false });
    server.add(transactions);
    return server.url;
  },
  /** Finalises the slots of the first `count` transactions. @returns the last slot, and the transactions up to it. */
  finalise: async (count: number) => {
    const last = transactions[count - 1];
    if (last === undefined) throw new AppError('OPTION_INVALID', `there are only ${transactions.length} transactions`);
    server.finalizedSlot = last.slot;
    return { slot: last.slot, transactions: transactions.filter(({ slot }) => slot <= last.slot).length };
  },
});
