/** What the attempts to publish a root came to: the bound of what a lying node can make us pay. */

export interface Tally {
  /** Highest attempt number used; 0 before the first transaction. */
  readonly attempts: number;
  /** Transactions that failed on chain because of this root, or of nobody knows which. */
  readonly failures: number;
  /** Their fees. */
  readonly lostLamports: bigint;
}

export const NO_ATTEMPTS: Tally = { attempts: 0, failures: 0, lostLamports: 0n };

/** Of a transaction that failed on chain, when the root may be to blame. */
export interface PaidFailure {
  readonly lamports: bigint;
}

/** @param paid Undefined where nothing was paid (it expired), or where another root of the transaction is to blame. */
export function tallied(tally: Tally, paid: PaidFailure | undefined): Tally {
  if (paid === undefined) return tally;
  return { ...tally, failures: tally.failures + 1, lostLamports: tally.lostLamports + paid.lamports };
}
