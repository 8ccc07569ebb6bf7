/** How often each RPC endpoint was caught leaving out signatures that others (or it itself) showed, or lagging. Pure. */

/** Risk of an endpoint that was not caught lately. */
const CLEAN_RISK = 1e-5;
/** Least risk of one that was. */
const LOSSY_RISK = 0.02;
/** Least risk that a back end which gives no sign of its view has not finalised a slot that another back end has. */
const UNKNOWN_VIEW_RISK = 0.05;
const FORGOTTEN_BELOW = 0.05;
/** Share of the counts that is kept from walk to walk. */
const MEMORY = 0.97;

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
    const counts = this.#endpoints.get(endpoint);
    const lagging = counts === undefined ? 0 : counts.wentBack / Math.max(1, counts.tips);
    return Math.min(0.9, Math.max(UNKNOWN_VIEW_RISK, 1.5 * lagging));
  }

  /** The chance that a walk by this endpoint leaves out a given signature. */
  risk(endpoint: string): number {
    const counts = this.#endpoints.get(endpoint);
    if (counts === undefined || counts.omitted < FORGOTTEN_BELOW) return CLEAN_RISK;
    return Math.min(0.9, Math.max(LOSSY_RISK, counts.omitted / Math.max(1, counts.observed)));
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
