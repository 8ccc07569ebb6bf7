/** Which providers take part in proofs: two, where two answer. Pure. */

/** Rounds without a walk after which a provider is held to be gone. */
const GONE_AFTER_ROUNDS = 10;
/** Providers that must have walked a range. */
const WANTED = 2;

/** Endpoints at one host are one provider's: their errors are not independent. */
export function providerOf(endpoint: string): string {
  return endpoint.replace(/#\d+$/, '');
}

export class Providers {
  /** Endpoint to the round in which it last walked; 0 for one that never did. */
  readonly #walkedIn: Map<string, number>;
  #leftOut: ReadonlySet<string> = new Set();
  #round = 0;

  constructor(endpoints: readonly string[]) {
    this.#walkedIn = new Map(endpoints.map((endpoint) => [endpoint, 0]));
  }

  /** @param leftOut Endpoints that are not asked: they do not hold the history that comes next, or do not say what they are. */
  roundBegins(leftOut: Iterable<string>): void {
    this.#round += 1;
    this.#leftOut = new Set(leftOut);
  }

  walked(endpoint: string): void {
    this.#walkedIn.set(endpoint, this.#round);
  }

  /** How many providers must have walked a range before it is proven by walks. */
  get needed(): number {
    const present = [...this.#walkedIn]
      .filter(([endpoint, round]) => !this.#leftOut.has(endpoint) && this.#round - round <= GONE_AFTER_ROUNDS)
      .map(([endpoint]) => providerOf(endpoint));
    return Math.max(1, Math.min(WANTED, new Set(present).size));
  }
}
