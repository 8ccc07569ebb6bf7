/** The events of one epoch in one partition. */

import type { ClaimRow } from './claim-row.ts';

export class EpochBucket {
  /** Index of the epoch. */
  readonly epoch: number;
  /** Smallest offset from which a replay rebuilds every row here. */
  firstOffset = Number.POSITIVE_INFINITY;
  /** Offset of the watermark that sealed it; -1 while it is open. */
  sealedAt = -1;
  readonly #rows: ClaimRow[] = [];

  constructor(epoch: number) {
    this.epoch = epoch;
  }

  get size(): number {
    return this.#rows.length;
  }

  /** Idempotent. */
  add(row: ClaimRow): void {
    if (!row.hold(this.epoch)) return;
    this.#rows.push(row);
    this.firstOffset = Math.min(this.firstOffset, row.firstOffset);
  }

  rows(): readonly ClaimRow[] {
    return this.#rows;
  }

  /** Lets every row go. @returns those that no other bucket holds. */
  release(): ClaimRow[] {
    return this.#rows.filter((row) => {
      row.holders -= 1;
      return row.holders === 0;
    });
  }
}
