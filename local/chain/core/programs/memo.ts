import { failCustom, InstructionFailure } from '../execution/errors.ts';
import type { Program } from '../execution/invoke-context.ts';

export const MEMO_PROGRAM = 'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr';

/** Logs its data as text. Long memos fill the log, which is how truncated logs come about. */
export const memoProgram: Program = {
  id: MEMO_PROGRAM,
  builtin: false,
  execute(context, accounts, data) {
    context.consume(1_000 + 10 * data.length);
    if (accounts.some((meta) => !meta.signer)) throw new InstructionFailure('MissingRequiredSignature');
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(data);
    } catch {
      failCustom(0);
    }
    context.log(`Memo (len ${data.length}): ${JSON.stringify(text)}`);
  },
};
