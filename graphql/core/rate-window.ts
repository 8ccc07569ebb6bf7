/** How often something may happen in a minute. Pure: the time is handed in. */

const WINDOW_MS = 60_000;

export class RateWindow {
  readonly #most: number;
  #beganMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  /** @param most Times a minute. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Counts one more. @returns undefined when it may happen, else the milliseconds until the next minute begins. */
  take(nowMs: number): number | undefined {
    if (nowMs - this.#beganMs >= WINDOW_MS) {
      this.#beganMs = nowMs;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= this.#most ? undefined : this.#beganMs + WINDOW_MS - nowMs;
  }
}
