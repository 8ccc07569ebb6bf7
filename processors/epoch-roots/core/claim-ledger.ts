/**
 * Which claims are proven. An event counts when a record of it is at `finalized`, or when the source that saw it at
 * `confirmed` vouches: its later watermark contains the slot, and it did not retract the event before. Final stays final.
 */

import type { ClaimContent, ClaimRecord } from './claim-record.ts';
import { ClaimRow } from './claim-row.ts';
import { EpochBucket } from './epoch-bucket.ts';

/** Whether the roots of an epoch, by index, are fixed. */
export type IsSealed = (epoch: number) => boolean;

/** A counted claim that came after the roots of its epoch. */
export interface LateClaim {
  readonly eventId: string;
  readonly slot: number;
  /** Offset of the record; of the event's first one where the source's watermark proved it too late. */
  readonly offset: number;
}

/** Names kept to be shared; anybody can make up more. */
const MAX_CHANNEL_NAMES = 10_000;

export class ClaimLedger {
  readonly #epochOf: (slot: number) => number;
  readonly #rows = new Map<string, ClaimRow>();
  /** Not sealed yet, by epoch index. */
  readonly #open = new Map<number, EpochBucket>();
  /** Sealed and still remembered, in the order of sealing. */
  #sealed: EpochBucket[] = [];
  /** Rows whose source has not yet vouched for them, by source. */
  readonly #unvouched = new Map<string, ClaimRow[]>();
  readonly #channels = new Map<string, string>();

  /** @param epochOf Epoch index of a slot. */
  constructor(epochOf: (slot: number) => number) {
    this.#epochOf = epochOf;
  }

  /** @returns the claim when it is late. Order of records between two watermarks does not matter, repetition neither. */
  apply(record: ClaimRecord, offset: number, isSealed: IsSealed): LateClaim | undefined {
    const row = this.#rows.get(record.eventId);
    if (record.kind === 'retracted') {
      const version = row?.versionOf(record.source);
      if (version?.slot === record.slot) version.isRetracted = true;
      return undefined;
    }
    const epoch = this.#epochOf(record.slot);
    const sealed = isSealed(epoch);
    const late = row === undefined ? this.#begin(record, offset, sealed) : this.#extend(row, record, sealed);
    // A row lives as long as the epochs that its records name, so that a replay from its first record can rebuild it.
    const held = row ?? this.#rows.get(record.eventId);
    if (!sealed && held !== undefined && founds(record)) this.#bucket(epoch).add(held);
    return late ? { eventId: record.eventId, slot: record.slot, offset } : undefined;
  }

  #begin(record: ClaimRecord, offset: number, sealed: boolean): boolean {
    if (sealed) return record.claim !== undefined;
    if (!founds(record)) return false;
    const row = new ClaimRow(record.eventId, offset, this.#contentOf(record));
    this.#rows.set(record.eventId, row);
    if (record.kind === 'finalized') row.settle(record.slot, record.claim !== undefined, undefined);
    else this.#see(row, record);
    return false;
  }

  #extend(row: ClaimRow, record: ClaimRecord, sealed: boolean): boolean {
    if (row.isFinal) return false;
    const isCounted = record.claim !== undefined;
    if (record.kind === 'finalized') row.settle(record.slot, isCounted, this.#contentOf(record));
    else if (!sealed) this.#see(row, record);
    return sealed && isCounted;
  }

  #see(row: ClaimRow, { source, slot, claim }: ClaimRecord): void {
    const known = row.versionOf(source);
    // What a source retracted in a slot cannot come back in that slot.
    if (known?.slot === slot && known.isRetracted) return;
    row.setVersion({ source, slot, isCounted: claim !== undefined, isRetracted: false });
    if (known !== undefined && !known.isRetracted) return;
    const waiting = this.#unvouched.get(source);
    if (waiting === undefined) this.#unvouched.set(source, [row]);
    else waiting.push(row);
  }

  /**
   * Takes a source's word for what it saw in [fromSlot, slot].
   * @returns the claims whose epoch was sealed before by other sources: they missed them.
   */
  vouch(source: string, fromSlot: number, slot: number, isSealed: IsSealed): LateClaim[] {
    const late: LateClaim[] = [];
    const waiting = this.#unvouched.get(source);
    if (waiting === undefined) return late;
    const still = waiting.filter((row) => {
      const version = row.holders === 0 ? undefined : row.versionOf(source);
      if (version === undefined || version.isRetracted) return false;
      if (version.slot < fromSlot || version.slot > slot) return true;
      row.settle(version.slot, version.isCounted, undefined);
      if (version.isCounted && isSealed(this.#epochOf(version.slot)))
        late.push({ eventId: row.eventId, slot: version.slot, offset: row.firstOffset });
      return false;
    });
    if (still.length === 0) this.#unvouched.delete(source);
    else this.#unvouched.set(source, still);
    return late;
  }

  /** Open epochs that are sealed now, ascending; they are remembered as sealed at `offset`. */
  seal(offset: number, isSealed: IsSealed): EpochBucket[] {
    const found = [...this.#open.values()].filter(({ epoch }) => isSealed(epoch)).sort((a, b) => a.epoch - b.epoch);
    for (const bucket of found) {
      bucket.sealedAt = offset;
      this.#open.delete(bucket.epoch);
      this.#sealed.push(bucket);
    }
    return found;
  }

  /** Forgets the epochs sealed before `offset`. */
  forget(offset: number): void {
    const kept = this.#sealed.filter(({ sealedAt }) => sealedAt >= offset);
    if (kept.length === this.#sealed.length) return;
    for (const bucket of this.#sealed) {
      if (bucket.sealedAt >= offset) continue;
      for (const row of bucket.release()) this.#rows.delete(row.eventId);
    }
    this.#sealed = kept;
    for (const [source, waiting] of this.#unvouched) {
      this.#unvouched.set(
        source,
        waiting.filter(({ holders, isFinal }) => holders > 0 && !isFinal),
      );
    }
  }

  /** Smallest offset from which a replay rebuilds every row; undefined while there is none. */
  oldestNeeded(): number | undefined {
    let oldest: number | undefined;
    for (const bucket of this.#open.values()) oldest = Math.min(oldest ?? bucket.firstOffset, bucket.firstOffset);
    for (const bucket of this.#sealed) oldest = Math.min(oldest ?? bucket.firstOffset, bucket.firstOffset);
    return oldest;
  }

  get openEpochs(): number {
    return this.#open.size;
  }

  /** Events in epochs that are not sealed. */
  get openClaims(): number {
    let claims = 0;
    for (const bucket of this.#open.values()) claims += bucket.size;
    return claims;
  }

  #bucket(epoch: number): EpochBucket {
    let bucket = this.#open.get(epoch);
    if (bucket === undefined) {
      bucket = new EpochBucket(epoch);
      this.#open.set(epoch, bucket);
    }
    return bucket;
  }

  /** A million claims of a channel share one copy of its name. */
  #contentOf({ claim }: ClaimRecord): ClaimContent | undefined {
    if (claim === undefined) return undefined;
    const channel = this.#channels.get(claim.channel) ?? claim.channel;
    if (this.#channels.size === MAX_CHANNEL_NAMES) this.#channels.clear();
    this.#channels.set(channel, channel);
    return { ...claim, channel };
  }
}

/** Whether a record begins a row where there is none: counted claims, and finalised failures, which outrank a confirmed success. */
function founds(record: ClaimRecord): boolean {
  return record.claim !== undefined || (record.isClaim && record.kind === 'finalized');
}
