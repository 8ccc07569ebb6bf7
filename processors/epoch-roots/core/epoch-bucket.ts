/** Events that are remembered together: those of one epoch in one partition, or those that came too late for theirs. */

import type { ClaimRow } from './claim-row.ts';

export class EpochBucket {
  /** Index of the epoch; negative for events that came too late, of any epoch. */
  readonly key: number;
  /** Smallest offset from which a replay rebuilds every row here. */
  firstOffset = Number.POSITIVE_INFINITY;
  /** Offset of the watermark that sealed it; -1 while it is open. */
  sealedAt = -1;
  readonly #rows: ClaimRow[] = [];

  constructor(key: number) {
    this.key = key;
  }

  get size(): number {
    return this.#rows.length;
  }

  /** Idempotent. */
  add(row: ClaimRow): void {
    if (!row.hold(this.key)) return;
    this.#rows.push(row);
    this.firstOffset = Math.min(this.firstOffset, row.firstOffset);
  }

  seal(offset: number): void {
    this.sealedAt = offset;
  }

  rows(): readonly ClaimRow[] {
    return this.#rows;
  }

  /** Lets every row go. @returns those that no other bucket holds. */
  release(): ClaimRow[] {
    return this.#rows.filter((row) => {
      row.release(this.key);
      return !row.isHeld;
    });
  }
}
