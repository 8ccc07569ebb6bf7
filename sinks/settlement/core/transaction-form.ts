/** How a transaction is written, and which form the cluster takes. */

/**
 * `legacy`: what every cluster takes, with compute-budget instructions before the roots. `version1` (SIMD-0385): larger, its limits
 * in the message itself.
 */
export type TransactionForm = 'legacy' | 'version1';

export interface FormLimits {
  /** Most bytes on the wire, signatures included. */
  readonly bytes: number;
  /** Instructions before the first root: errors name instructions by position. */
  readonly instructionsBefore: number;
}

/** Sources: the network's packet size less its headers; SIMD-0385. */
export const FORM_LIMITS: Readonly<Record<TransactionForm, FormLimits>> = {
  legacy: { bytes: 1232, instructionsBefore: 2 },
  version1: { bytes: 4096, instructionsBefore: 0 },
};

/** A node that refused version 1 is not asked again before. */
const REFUSAL_MS = 600_000;

/** Version 1 where the cluster takes it, unless a node or an operator says otherwise; legacy can always be sent. */
export class FormChoice {
  readonly #now: () => number;
  readonly #isAllowed: boolean;
  #refusedUntilMs = 0;

  /** @param isAllowed False: legacy whatever the cluster takes. */
  constructor(now: () => number, isAllowed: boolean) {
    this.#now = now;
    this.#isAllowed = isAllowed;
  }

  /** @param clusterTakesVersion1 What its gate account says. */
  choose(clusterTakesVersion1: boolean): TransactionForm {
    return this.#isAllowed && clusterTakesVersion1 && this.#now() >= this.#refusedUntilMs ? 'version1' : 'legacy';
  }

  /** A transaction of version 1 came to nothing. @returns Until when legacy is sent, Unix milliseconds. */
  refused(): number {
    this.#refusedUntilMs = this.#now() + REFUSAL_MS;
    return this.#refusedUntilMs;
  }
}
