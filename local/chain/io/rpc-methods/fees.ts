import { readBudget } from '../../core/programs/compute-budget.ts';
import { parseTransaction, WireError } from '../../core/transaction/wire.ts';
import type { RpcMethods } from '../rpc-context.ts';
import { invalidParams } from '../rpc-error.ts';
import { addressOf, configAt, slotFor, withContext } from './parameters.ts';

const MAX_FEE_ACCOUNTS = 128;

/** What transactions cost. */
export const feeMethods: RpcMethods = {
  getRecentPrioritizationFees(context, params) {
    const accounts = params[0] ?? [];
    if (!Array.isArray(accounts)) throw invalidParams('Invalid params: expected a list of addresses.');
    if (accounts.length > MAX_FEE_ACCOUNTS) throw invalidParams(`Too many inputs provided; max ${MAX_FEE_ACCOUNTS}`);
    return context.fees.recent(accounts.map(addressOf));
  },

  getFeeForMessage(context, params) {
    if (typeof params[0] !== 'string') throw invalidParams('Invalid params: expected a message in base64.');
    const { slot } = slotFor(context, configAt(params, 1));
    const message = Buffer.from(params[0], 'base64');
    const fee = feeOf(message);
    return withContext(slot, context.state.blocks.isUsable(fee.blockhash, slot) ? fee.lamports : null);
  },
};

/** A message has no signatures, so empty ones are put where the version has them. */
function feeOf(message: Buffer): { lamports: number; blockhash: string } {
  const first = message[0] ?? 0;
  const isV1 = first === 0x81;
  const count = (first & 0x80) !== 0 ? (message[1] ?? 0) : first;
  const empty = Buffer.alloc(64 * count);
  const wire = isV1 ? Buffer.concat([message, empty]) : Buffer.concat([Buffer.of(count), empty, message]);
  try {
    const transaction = parseTransaction(wire);
    const budget = readBudget(transaction);
    if ('refused' in budget) throw invalidParams('Invalid params: a compute budget instruction is invalid.');
    return { lamports: Number(budget.feeLamports), blockhash: transaction.blockhash };
  } catch (error) {
    if (error instanceof WireError) throw invalidParams(error.message);
    throw error;
  }
}
