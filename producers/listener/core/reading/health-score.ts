/** Which RPC endpoint to ask next: errors, latency, lag and disagreement as one penalty; demotion and return. Pure. */

export interface EndpointHealth {
  /** Smoothed, ms. */
  latencyMs: number;
  /** Smoothed share of failed calls, 0 to 1. */
  errorShare: number;
  failuresInARow: number;
  /** Smoothed slots behind the furthest endpoint. */
  lagSlots: number;
  /** Rows left out of walks; halves with every good walk. */
  omittedRows: number;
  /** Not to be asked before. */
  restUntilMs: number;
}

const SMOOTHING = 0.2;
const FAILURES_BEFORE_REST = 3;
const FIRST_REST_MS = 500;
const LONGEST_REST_MS = 30_000;
/** Nobody else can be asked meanwhile. */
const LONGEST_REST_ALONE_MS = 1000;
/** Penalties in ms of latency. */
const ERROR_PENALTY_MS = 2000;
const LAG_PENALTY_MS = 20;
const OMISSION_PENALTY_MS = 100;
const AVOID_PENALTY_MS = 300;

export class HealthScore {
  readonly #health: Map<string, EndpointHealth>;
  #furthestSlot = 0;

  constructor(endpoints: readonly string[]) {
    this.#health = new Map(
      endpoints.map((endpoint) => [
        endpoint,
        { latencyMs: 50, errorShare: 0, failuresInARow: 0, lagSlots: 0, omittedRows: 0, restUntilMs: 0 },
      ]),
    );
  }

  get(endpoint: string): EndpointHealth {
    const health = this.#health.get(endpoint);
    if (health === undefined) throw new RangeError(`No endpoint ${endpoint}`);
    return health;
  }

  succeeded(endpoint: string, latencyMs: number): void {
    const health = this.get(endpoint);
    health.latencyMs += SMOOTHING * (latencyMs - health.latencyMs);
    health.errorShare *= 1 - SMOOTHING;
    health.failuresInARow = 0;
  }

  failed(endpoint: string, nowMs: number): void {
    const health = this.get(endpoint);
    health.errorShare += SMOOTHING * (1 - health.errorShare);
    // Calls that were under way when the rest began say nothing new.
    if (health.restUntilMs > nowMs) return;
    health.failuresInARow += 1;
    const beyond = health.failuresInARow - FAILURES_BEFORE_REST;
    const longestMs = this.#health.size === 1 ? LONGEST_REST_ALONE_MS : LONGEST_REST_MS;
    if (beyond >= 0) this.rest(endpoint, nowMs + Math.min(longestMs, FIRST_REST_MS * 2 ** Math.min(beyond, 10)));
  }

  /** Asks nothing of the endpoint before `untilMs`. */
  rest(endpoint: string, untilMs: number): void {
    const health = this.get(endpoint);
    health.restUntilMs = Math.max(health.restUntilMs, untilMs);
  }

  /** The endpoint named `slot` as its newest. */
  slotSeen(endpoint: string, slot: number): void {
    this.#furthestSlot = Math.max(this.#furthestSlot, slot);
    const health = this.get(endpoint);
    health.lagSlots += SMOOTHING * (this.#furthestSlot - slot - health.lagSlots);
  }

  omitted(endpoint: string, rows: number): void {
    this.get(endpoint).omittedRows += rows;
  }

  agreed(endpoint: string): void {
    this.get(endpoint).omittedRows /= 2;
  }

  /** Milliseconds of latency that the endpoint's state is worth; 0 is perfect. */
  penaltyMs(endpoint: string): number {
    const { latencyMs, errorShare, lagSlots, omittedRows } = this.get(endpoint);
    return (
      latencyMs +
      errorShare * ERROR_PENALTY_MS +
      Math.max(0, lagSlots) * LAG_PENALTY_MS +
      Math.min(omittedRows, 50) * OMISSION_PENALTY_MS
    );
  }

  /** Endpoints that may be asked now, best first. */
  order(nowMs: number, avoid: string | undefined): string[] {
    const cost = (endpoint: string): number => this.penaltyMs(endpoint) + (endpoint === avoid ? AVOID_PENALTY_MS : 0);
    return [...this.#health.keys()]
      .filter((endpoint) => this.get(endpoint).restUntilMs <= nowMs)
      .sort((a, b) => cost(a) - cost(b));
  }

  /** When the first resting endpoint may be asked again. */
  nextReturnMs(): number {
    return Math.min(...[...this.#health.values()].map((health) => health.restUntilMs));
  }
}
