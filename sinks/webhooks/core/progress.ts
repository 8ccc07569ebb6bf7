/** How far a partition was delivered: records finish in any order, what is committed is the longest stretch without a gap. */

export class Progress {
  /** Offsets under way with the time of their record, in the order of the partition. */
  readonly #open = new Map<bigint, number>();
  #readTo: bigint | undefined;

  /** @param next Offset to read on from once the record is finished. */
  begin(offset: bigint, atMs: number, next: bigint): void {
    this.#open.set(offset, atMs);
    this.#readTo = next;
  }

  finish(offset: bigint): void {
    this.#open.delete(offset);
  }

  /** Everything before it is finished; undefined before the first record. */
  get next(): bigint | undefined {
    for (const offset of this.#open.keys()) return offset;
    return this.#readTo;
  }

  /** Time of the oldest record that is not finished, milliseconds since the Unix epoch. */
  get oldestMs(): number | undefined {
    for (const atMs of this.#open.values()) return atMs;
    return undefined;
  }

  get open(): number {
    return this.#open.size;
  }
}
