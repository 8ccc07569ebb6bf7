/**
 * How far each RPC endpoint's walks can be trusted: how often it was caught leaving out signatures that others (or it
 * itself) showed, and how often it answered from a back end that lags. Pure.
 */

/** An endpoint is taken to leave out one row in twenty until its record says otherwise. */
const PRIOR_OMITTED = 1;
const PRIOR_OBSERVED = 20;
/** Least risk of an endpoint that was caught lately. */
const LOSSY_RISK = 0.02;
const FORGOTTEN_BELOW = 0.05;
/** Least risk that a back end which gives no sign of its view has not finalised a slot that another back end has. */
const UNKNOWN_VIEW_RISK = 0.05;
const HIGHEST_RISK = 0.9;
/** Share of the counts that is kept from observation to observation. */
const MEMORY = 0.99;

interface Counts {
  omitted: number;
  observed: number;
  /** Answers of getSlot below an earlier one: several back ends stand behind the address, and some lag. */
  wentBack: number;
  tips: number;
  highestTip: number;
}

export class OmissionRates {
  readonly #endpoints = new Map<string, Counts>();

  /** A walk by `endpoint` showed `rows` signatures. Older observations fade. */
  observed(endpoint: string, rows: number): void {
    if (rows === 0) return;
    for (const counts of this.#endpoints.values()) {
      counts.omitted *= MEMORY;
      counts.observed *= MEMORY;
    }
    this.#counts(endpoint).observed += rows;
  }

  omitted(endpoint: string, rows: number): void {
    this.#counts(endpoint).omitted += rows;
  }

  /** The endpoint answered `slot` as the last finalised one. */
  tipSeen(endpoint: string, slot: number): void {
    const counts = this.#counts(endpoint);
    counts.wentBack = counts.wentBack * MEMORY + (slot < counts.highestTip ? 1 : 0);
    counts.tips = counts.tips * MEMORY + 1;
    counts.highestTip = Math.max(slot, counts.highestTip);
  }

  /** The chance that a back end of this endpoint answers from behind the slot it is asked about. */
  viewRisk(endpoint: string): number {
    const { wentBack, tips } = this.#counts(endpoint);
    return Math.min(HIGHEST_RISK, Math.max(UNKNOWN_VIEW_RISK, (1.5 * wentBack) / Math.max(1, tips)));
  }

  /** The chance that a walk by this endpoint leaves out a given signature. */
  risk(endpoint: string): number {
    const { omitted, observed } = this.#counts(endpoint);
    const rate = (omitted + PRIOR_OMITTED) / (omitted + observed + PRIOR_OBSERVED);
    return Math.min(HIGHEST_RISK, omitted < FORGOTTEN_BELOW ? rate : Math.max(LOSSY_RISK, rate));
  }

  #counts(endpoint: string): Counts {
    let counts = this.#endpoints.get(endpoint);
    if (counts === undefined) {
      counts = { omitted: 0, observed: 0, wentBack: 0, tips: 0, highestTip: -1 };
      this.#endpoints.set(endpoint, counts);
    }
    return counts;
  }
}
