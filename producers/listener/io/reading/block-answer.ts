/** Reading a getBlock answer: its links, and those of its transactions that name the program. */

import { AppError } from '../../../../runtime/errors.ts';
import type { Block, BlockTransaction } from '../../core/ports.ts';
import type { RpcCallContext } from './rpc-errors.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * @param result `getBlock`, encoding json, transactionDetails full.
 * @throws AppError RPC_INCOMPLETE (retryable) when a part is missing in which the program may be named.
 */
export function readBlock(result: unknown, slot: number, programId: string, call: RpcCallContext): Block {
  const block = (result ?? {}) as Json;
  const { parentSlot, blockhash, previousBlockhash, blockTime, transactions } = block;
  const whole =
    typeof parentSlot === 'number' && typeof blockhash === 'string' && typeof previousBlockhash === 'string';
  if (!whole || !Array.isArray(transactions)) throw incomplete(call, slot, 'links or transactions');
  return {
    ...{ slot, parentSlot, blockhash, previousBlockhash },
    transactions: transactions.flatMap((entry: unknown) => ofProgram((entry ?? {}) as Json, programId)),
  };

  function ofProgram({ transaction, meta, version }: Json, program: string): BlockTransaction[] {
    const { message, signatures } = (transaction ?? {}) as Json;
    const { accountKeys } = (message ?? {}) as Json;
    const { err, loadedAddresses } = (meta ?? {}) as Json;
    const [signature] = Array.isArray(signatures) ? (signatures as unknown[]) : [];
    if (typeof signature !== 'string' || !Array.isArray(accountKeys) || err === undefined) {
      throw incomplete(call, slot, 'account keys or meta of a transaction');
    }
    const loaded = loadedAddresses as { writable?: unknown; readonly?: unknown } | null | undefined;
    const lists = [loaded?.writable, loaded?.readonly].map((each) => (Array.isArray(each) ? (each as unknown[]) : []));
    if (version === 0 && (loaded === null || loaded === undefined)) {
      throw incomplete(call, slot, 'loaded addresses of a transaction');
    }
    if (![accountKeys as unknown[], ...lists].some((keys) => keys.includes(program))) return [];
    const time = typeof blockTime === 'number' ? blockTime : null;
    const row = { signature, slot, failed: err !== null, blockTime: time };
    return [
      { row, answer: { slot, blockTime: time, transaction, meta, ...(version === undefined ? {} : { version }) } },
    ];
  }
}

function incomplete(call: RpcCallContext, slot: number, what: string): AppError {
  return new AppError(
    'RPC_INCOMPLETE',
    `${call.method} on ${call.endpoint} gives block ${slot} without ${what}, so what happened in it is not known; it is asked again.`,
    { retryable: true, context: { ...call, slot } },
  );
}
