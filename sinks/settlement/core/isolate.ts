/** One question about many things, so asked that one of them cannot spoil the answer for the others. */

import { CallFailed } from './rpc-gate.ts';

/** Failing calls of one question, before what is left unanswered waits for the next time. */
const MAX_FAILURES = 16;

export interface Isolated<Item, Answer> {
  /** Answers to parts of the question, each for different items. */
  readonly answers: { readonly items: readonly Item[]; readonly answer: Answer }[];
  readonly failed: { readonly item: Item; readonly failure: CallFailed }[];
}

/**
 * Asks about all at once; where that fails, about halves, until what cannot be answered stands alone.
 * @throws RpcPaused, or what `ask` throws other than CallFailed.
 */
export async function isolate<Item, Answer>(
  items: readonly Item[],
  ask: (items: readonly Item[]) => Promise<Answer>,
): Promise<Isolated<Item, Answer>> {
  const result: Isolated<Item, Answer> = { answers: [], failed: [] };
  const questions: (readonly Item[])[] = [items];
  let failures = 0;
  for (let question = questions.pop(); question !== undefined; question = questions.pop()) {
    try {
      result.answers.push({ items: question, answer: await ask(question) });
    } catch (failure) {
      if (!(failure instanceof CallFailed)) throw failure;
      failures += 1;
      const middle = Math.ceil(question.length / 2);
      if (question.length > 1 && failures < MAX_FAILURES)
        questions.push(question.slice(middle), question.slice(0, middle));
      else result.failed.push(...question.map((item) => ({ item, failure })));
    }
  }
  return result;
}
