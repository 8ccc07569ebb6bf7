/** The last good answers, for the time when the database does not answer. Bounded, least recently used out. */

export class StaleCache {
  readonly #capacity: number;
  readonly #answers = new Map<string, unknown>();

  /** @param capacity Most answers kept. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#answers.size;
  }

  /** Asks; remembers the answer. When asking fails, the remembered answer and `stale`, or the failure where there is none. */
  async ask<T>(key: string, ask: () => Promise<T>): Promise<{ readonly answer: T; readonly stale: boolean }> {
    try {
      const answer = await ask();
      this.#remember(key, answer);
      return { answer, stale: false };
    } catch (error) {
      if (!this.#answers.has(key)) throw error;
      return { answer: this.#answers.get(key) as T, stale: true };
    }
  }

  #remember(key: string, answer: unknown): void {
    this.#answers.delete(key);
    this.#answers.set(key, answer);
    if (this.#answers.size <= this.#capacity) return;
    const oldest = this.#answers.keys().next();
    if (oldest.done !== true) this.#answers.delete(oldest.value);
  }
}
