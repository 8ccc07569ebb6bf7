/** Transactions that are wanted at the same moment, asked for together. */

import type { TransactionAnswer } from '../../core/ports.ts';

/** Fewer than the least that providers allow in one request. */
const MOST_TOGETHER = 8;
/** Requests under way at once: while one is read, the next is being answered. */
const REQUESTS = 4;

interface Waiting {
  readonly signature: string;
  readonly settled: PromiseWithResolvers<TransactionAnswer | undefined>;
}

export class GatheredTransactions {
  readonly #ask: (signatures: readonly string[]) => Promise<readonly (TransactionAnswer | undefined)[]>;
  #waiting: Waiting[] = [];
  #underWay = 0;
  #isDue = false;

  /** @param ask One answer a signature, undefined where it gave none. Never throws. */
  constructor(ask: (signatures: readonly string[]) => Promise<readonly (TransactionAnswer | undefined)[]>) {
    this.#ask = ask;
  }

  /** @returns undefined where it must be asked for alone. */
  get(signature: string): Promise<TransactionAnswer | undefined> {
    const settled = Promise.withResolvers<TransactionAnswer | undefined>();
    this.#waiting.push({ signature, settled });
    if (!this.#isDue) {
      this.#isDue = true;
      // Whoever was waiting for the same answer asks again in this turn.
      setImmediate(() => {
        this.#isDue = false;
        this.#send();
      });
    }
    return settled.promise;
  }

  #send(): void {
    while (this.#waiting.length > 0 && this.#underWay < REQUESTS) {
      const together = this.#waiting.splice(0, MOST_TOGETHER);
      if (together.length === 1) {
        together[0]?.settled.resolve(undefined);
        continue;
      }
      this.#underWay += 1;
      void this.#ask(together.map(({ signature }) => signature)).then((answers) => {
        this.#underWay -= 1;
        for (const [position, { settled }] of together.entries()) settled.resolve(answers[position]);
        this.#send();
      });
    }
  }
}
