/**
 * Keeps from asking what does not answer: after so many failures in a row nobody asks for a while, then one does, to try, and
 * after its failure the while begins anew. Pure: the time is handed in.
 */

export interface BreakerOptions {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** How long nobody asks before the next trial, ms; Infinity: until somebody tells of a success. */
  readonly pauseMs: number;
}

export class Breaker {
  readonly #options: BreakerOptions;
  #failures = 0;
  #nextTrialMs = 0;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  /** Whether to ask now. While it is open, true once a pause: that one is the trial. */
  allows(nowMs: number): boolean {
    if (this.#failures < this.#options.failures) return true;
    if (nowMs < this.#nextTrialMs) return false;
    this.#nextTrialMs = nowMs + this.#options.pauseMs;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(nowMs: number): void {
    this.#failures += 1;
    if (this.#failures >= this.#options.failures) this.#nextTrialMs = nowMs + this.#options.pauseMs;
  }
}
