/**
 * What this listener has written and what of it is not settled yet. A transaction is either final here (written at
 * finalized, or vouched for by one of our watermarks) or pending (written at confirmed only). Pure, in memory; rebuilt from
 * the topic after a restart.
 */

import type { StreamEvent } from '../../../../schemas/records.ts';
import type { BaseOffsets, SignatureRow } from '../ports.ts';

/** A transaction written at confirmed that finality has not settled. */
export interface PendingEmission {
  readonly signature: string;
  readonly slot: number;
  readonly failed: boolean;
  readonly events: readonly StreamEvent[];
  /** Partition to the lowest offset at which its records may stand. */
  readonly offsets: BaseOffsets;
  /** A watermark must not vouch for it: it was taken back before, or its content may differ from the final one. */
  readonly tainted: boolean;
}

export class Emissions {
  readonly #pending = new Map<string, PendingEmission>();
  /** Signature to slot. */
  readonly #final = new Map<string, number>();
  /** Signatures taken back, to slot: when they come again, only a record at finalized counts. */
  readonly #takenBack = new Map<string, number>();

  get pendingCount(): number {
    return this.#pending.size;
  }

  get finalCount(): number {
    return this.#final.size;
  }

  isFinal(signature: string): boolean {
    return this.#final.has(signature);
  }

  pending(signature: string): PendingEmission | undefined {
    return this.#pending.get(signature);
  }

  wasTakenBack(signature: string): boolean {
    return this.#takenBack.has(signature);
  }

  /** Everything pending in slots up to `slot`. */
  pendingUpTo(slot: number): PendingEmission[] {
    return [...this.#pending.values()].filter((emission) => emission.slot <= slot);
  }

  recordConfirmed(emission: PendingEmission): void {
    if (this.#final.has(emission.signature)) return;
    const tainted = emission.tainted || this.#takenBack.has(emission.signature);
    this.#pending.set(emission.signature, { ...emission, tainted });
  }

  recordFinal(signature: string, slot: number): void {
    this.#pending.delete(signature);
    this.#final.set(signature, slot);
  }

  recordRetracted(signature: string, slot: number): void {
    this.#pending.delete(signature);
    this.#takenBack.set(signature, slot);
  }

  /** A watermark of ours up to `slot` was written: it vouches for what is pending there. */
  recordWatermark(slot: number): void {
    for (const emission of this.pendingUpTo(slot)) this.recordFinal(emission.signature, emission.slot);
  }

  /** Forgets what stands below `slot`: no walk looks there again. */
  prune(slot: number): void {
    for (const map of [this.#final, this.#takenBack]) {
      for (const [signature, at] of map) if (at < slot) map.delete(signature);
    }
  }

  /** Per partition, the lowest offset at which something pending may stand. */
  pendingOffsets(): Map<number, number> {
    const lowest = new Map<number, number>();
    for (const { offsets } of this.#pending.values()) {
      for (const [partition, offset] of offsets) {
        lowest.set(partition, Math.min(offset, lowest.get(partition) ?? Number.POSITIVE_INFINITY));
      }
    }
    return lowest;
  }
}

/** Whether a watermark may vouch for a pending emission as it stands, given the finalised row. */
export function isVouched(emission: PendingEmission, row: Pick<SignatureRow, 'slot' | 'failed'>): boolean {
  const blockTimeKnown = emission.events.every((event) => event.tx.blockTime !== null);
  return !emission.tainted && blockTimeKnown && emission.slot === row.slot && emission.failed === row.failed;
}
