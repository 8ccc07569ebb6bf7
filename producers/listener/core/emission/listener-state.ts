/** What a listener knows between two writes: its cursor, its emissions, and from which offsets a successor must read back. */

import type { Cursor, PartitionOffset } from '../../../../schemas/records.ts';
import type { BaseOffsets } from '../ports.ts';
import { Emissions } from './emissions.ts';

/** A watermark that was written: its slot and where it stands. */
interface Mark {
  readonly slot: number;
  readonly offsets: BaseOffsets;
}

/** Most signatures that are remembered until they are explained. */
const TOLD_REMEMBERED = 20_000;

export class ListenerState {
  readonly overlapSlots: number;
  /** Highest slot that the chain was seen to have finalised; what is above it is the live path's alone. */
  finalizedSlot: number | undefined;
  /** Genesis hash of the chain that is read; null while no endpoint has said. */
  genesisHash: string | null = null;
  #cursor: Cursor | undefined;
  #emissions = new Emissions();
  #marks: Mark[] = [];
  /** Signatures that the subscription told of above the cursor, to slot; the newest, oldest first. */
  readonly #told = new Map<string, number>();
  #generation = 0;

  /** @param overlapSlots How far below the cursor each walk looks again. */
  constructor(overlapSlots: number) {
    this.overlapSlots = overlapSlots;
  }

  /** Grows whenever the state was read back from the topics. */
  get generation(): number {
    return this.#generation;
  }

  get cursor(): Cursor | undefined {
    return this.#cursor;
  }

  get emissions(): Emissions {
    return this.#emissions;
  }

  /** The subscription told of a signature: it must be explained before a watermark passes its slot. */
  told(signature: string, slot: number): void {
    if (slot <= (this.#cursor?.slot ?? -1)) return;
    this.#told.set(signature, slot);
    if (this.#told.size <= TOLD_REMEMBERED) return;
    for (const oldest of this.#told.keys()) {
      this.#told.delete(oldest);
      return;
    }
  }

  /** What the subscription told of in slots up to `slot` and this listener has never written. */
  unexplainedUpTo(slot: number): { readonly signature: string; readonly slot: number }[] {
    const { emissions } = this;
    return [...this.#told]
      .map(([signature, at]) => ({ signature, slot: at }))
      .filter((each) => each.slot <= slot && !emissions.isFinal(each.signature))
      .filter(({ signature }) => emissions.pending(signature) === undefined);
  }

  /** It is known what became of it. */
  explained(signature: string): void {
    this.#told.delete(signature);
  }

  /** First slot that a walk must look at. */
  floorSlot(cursor: Cursor): number {
    return Math.max(cursor.fromSlot, cursor.slot + 1 - this.overlapSlots);
  }

  /** Takes over what was read back from the topics. */
  restore(cursor: Cursor, emissions: Emissions): void {
    this.#cursor = cursor;
    this.#emissions = emissions;
    this.genesisHash = cursor.genesisHash;
    this.#generation += 1;
    const offsets = new Map(cursor.resumeOffsets.map(({ partition, offset }) => [partition, offset]));
    this.#marks = [{ slot: Number.NEGATIVE_INFINITY, offsets }];
  }

  /** A watermark and this cursor were written in one transaction. */
  advanced(cursor: Cursor, offsets: BaseOffsets): void {
    this.#cursor = cursor;
    this.#emissions.recordWatermark(cursor.slot);
    this.#marks.push({ slot: cursor.slot, offsets });
    this.#emissions.prune(this.floorSlot(cursor));
    for (const [signature, slot] of this.#told) if (slot <= cursor.slot) this.#told.delete(signature);
  }

  /**
   * Where a successor with a cursor at `slot` must begin to read back: nothing pending, and nothing in the overlap that
   * was emitted after the last watermark below the overlap, stands before it.
   */
  resumeOffsets(slot: number): PartitionOffset[] {
    const below = this.#marks.findLastIndex((mark) => mark.slot <= slot - this.overlapSlots);
    this.#marks = this.#marks.slice(Math.max(0, below));
    const pending = this.#emissions.pendingOffsets();
    return [...(this.#marks[0]?.offsets ?? [])]
      .map(([partition, offset]) => ({ partition, offset: Math.min(offset, pending.get(partition) ?? offset) }))
      .sort((a, b) => a.partition - b.partition);
  }
}
