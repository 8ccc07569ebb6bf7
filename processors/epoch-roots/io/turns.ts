/** Work that is done one piece at a time, in the order in which it was asked for. */
export class Turns {
  #tail: Promise<void> = Promise.resolve();

  /** Resolves or rejects as the work does; a failure does not keep what follows from its turn. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(work);
    this.#tail = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }
}
