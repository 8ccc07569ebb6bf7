/** Transactions that are wanted at the same moment, asked for together. */

import type { TransactionAnswer } from '../../core/ports.ts';
import { MOST_TOGETHER } from '../../core/reading/batch-sizes.ts';
import { Semaphore } from '../../core/reading/semaphore.ts';

/** Requests for several at once under way at once: while one is read, the next is being answered. */
const REQUESTS = 4;

interface Waiting {
  readonly signature: string;
  readonly settled: PromiseWithResolvers<TransactionAnswer | undefined>;
}

export interface TransactionSource {
  /** Transactions that may be asked for in one request now; 1 where they must be asked for one by one. */
  most(): number;
  /** @returns one answer a signature, undefined where it gave none. Never throws. */
  together(signatures: readonly string[]): Promise<readonly (TransactionAnswer | undefined)[]>;
  /** @throws what the RPC server's refusal means. */
  alone(signature: string): Promise<TransactionAnswer>;
}

/** How many transactions whoever has many is to want at once, so that every request is full. */
export function wantedAtOnce(concurrency: number): number {
  return Math.min(concurrency, REQUESTS) * MOST_TOGETHER;
}

export class GatheredTransactions {
  readonly #source: TransactionSource;
  readonly #requests: number;
  readonly #alone: Semaphore;
  #waiting: Waiting[] = [];
  #underWay = 0;
  #isDue = false;

  /** @param concurrency Requests under way at once, at most; of those for several transactions, no more than four. */
  constructor(source: TransactionSource, concurrency: number) {
    this.#source = source;
    this.#requests = Math.min(concurrency, REQUESTS);
    this.#alone = new Semaphore(concurrency);
  }

  /** @throws what the source throws for it alone. */
  async get(signature: string): Promise<TransactionAnswer> {
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
    return (await settled.promise) ?? this.#alone.use(() => this.#source.alone(signature));
  }

  #send(): void {
    while (this.#waiting.length > 0 && this.#underWay < this.#requests) {
      const together = this.#waiting.splice(0, this.#source.most());
      if (together.length === 1) {
        together[0]?.settled.resolve(undefined);
        continue;
      }
      this.#underWay += 1;
      void this.#source.together(together.map(({ signature }) => signature)).then((answers) => {
        this.#underWay -= 1;
        for (const [position, { settled }] of together.entries()) settled.resolve(answers[position]);
        this.#send();
      });
    }
  }
}
