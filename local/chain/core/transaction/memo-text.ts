import { MEMO_PROGRAM } from '../programs/memo.ts';
import type { WireTransaction } from './wire.ts';

/** The `memo` of a signature row: "[length] text" of each memo instruction, or null. */
export function memoText(transaction: WireTransaction): string | null {
  const memos = transaction.instructions
    .filter(({ programIdIndex }) => transaction.staticKeys[programIdIndex] === MEMO_PROGRAM)
    .map(({ data }) => `[${data.length}] ${Buffer.from(data).toString('utf8')}`);
  return memos.length === 0 ? null : memos.join('; ');
}
