/**
 * The claims of a partition that are still remembered, each judged by its records alone (domain/vouching.ts). An epoch that is
 * sealed decides only what a root holds: a record that comes later is a record like any other, and late.
 */

import { applyRecord, applyWatermark, founds, type WatermarkRange } from '../../../domain/vouching.ts';
import type { ClaimRecord } from './claim-record.ts';
import { ClaimRow } from './claim-row.ts';
import { EpochBucket } from './epoch-bucket.ts';
import { headLine, readLines, rowLine, waitingLines } from './ledger-text.ts';

/** Whether the roots of an epoch, by index, are fixed. */
export type IsSealed = (epoch: number) => boolean;

/** A counted claim that came after the roots of its epoch. */
export interface LateClaim {
  readonly eventId: string;
  readonly slot: number;
  /** Offset of the record that says so, also where its source's watermark proved it too late. */
  readonly offset: number;
}

/** Names kept to be shared; anybody can make up more. */
const MAX_NAMES = 100_000;

export class ClaimLedger {
  readonly #epochOf: (slot: number) => number;
  readonly #rows = new Map<string, ClaimRow>();
  /** By key: those of open epochs, the sealed ones that are still remembered, and the one for late events. */
  readonly #buckets = new Map<number, EpochBucket>();
  /** Takes the events that come too late until the next watermark. */
  #late = new EpochBucket(-1);
  /** Rows that a source has seen and not yet vouched for, by source. */
  readonly #unvouched = new Map<string, ClaimRow[]>();
  readonly #names = new Map<string, string>();

  /** @param epochOf Epoch index of a slot. */
  constructor(epochOf: (slot: number) => number) {
    this.#epochOf = epochOf;
  }

  /** @returns the claim when it is late. Order of records between two watermarks does not matter, repetition neither. */
  apply(given: ClaimRecord, isSealed: IsSealed): LateClaim | undefined {
    const { eventId, source, offset, slot } = given;
    const known = this.#rows.get(eventId);
    const record = this.#shareNames(given);
    const before = known?.state;
    const after = applyRecord(before, record);
    if (after === undefined) return undefined;
    const row = known ?? new ClaimRow(eventId, offset);
    if (known === undefined) this.#rows.set(eventId, row);
    const epoch = this.#epochOf(slot);
    const sealed = isSealed(epoch);
    // A row lives as long as its records say, so that a replay from its first record rebuilds it, and one from later nothing.
    if (founds(record)) (sealed ? this.#lateBucket() : this.#openBucket(epoch)).add(row);
    if (after === before) return undefined;
    const seen = row.sightingOf(source);
    row.become(after);
    const stands = row.sightingOf(source)?.retracted === false;
    if (stands && (seen === undefined || seen.retracted)) this.#awaitVoucher(source, row);
    return sealed && record.content !== undefined && !record.retracted ? tellLate(row, slot, offset) : undefined;
  }

  /**
   * Takes a source's word for what it saw in the range of its watermark.
   * @returns the claims whose epoch was sealed before by other sources: they missed them.
   */
  vouch(watermark: WatermarkRange, isSealed: IsSealed): LateClaim[] {
    const { source } = watermark;
    const late: LateClaim[] = [];
    const waiting = this.#unvouched.get(source);
    if (waiting === undefined) return late;
    const still = waiting.filter((row) => {
      const sighting = row.isHeld ? row.sightingOf(source) : undefined;
      if (sighting === undefined || sighting.retracted) return false;
      const before = row.state;
      const after = applyWatermark(before, watermark);
      if (after === before) return true;
      row.become(after);
      const isLate = sighting.counted && isSealed(this.#epochOf(sighting.slot));
      const told = isLate ? tellLate(row, sighting.slot, sighting.offset) : undefined;
      if (told !== undefined) late.push(told);
      return false;
    });
    this.#unvouched.set(source, still);
    return late;
  }

  /** Epochs that are sealed now, ascending; they, and the late events, are remembered as of `offset`. */
  seal(offset: number, isSealed: IsSealed): EpochBucket[] {
    if (this.#late.size > 0) {
      this.#late.seal(offset);
      this.#late = new EpochBucket(this.#late.key - 1);
    }
    const found = this.#open().filter(({ key }) => isSealed(key));
    for (const bucket of found) bucket.seal(offset);
    return found.sort((a, b) => a.key - b.key);
  }

  /** Forgets what was sealed before `offset`. */
  forget(offset: number): void {
    const old = [...this.#buckets.values()].filter(({ sealedAt }) => sealedAt !== -1 && sealedAt < offset);
    // Only for the time it takes: without it every watermark goes through everything that waits.
    if (old.length === 0) return;
    for (const bucket of old) {
      this.#buckets.delete(bucket.key);
      for (const row of bucket.release()) this.#rows.delete(row.eventId);
    }
    for (const [source, waiting] of this.#unvouched) {
      this.#unvouched.set(
        source,
        waiting.filter(({ isHeld, isFinal }) => isHeld && !isFinal),
      );
    }
  }

  /** Smallest offset from which a replay rebuilds every row; undefined while there is none. */
  oldestNeeded(): number | undefined {
    let oldest: number | undefined;
    for (const { firstOffset } of this.#buckets.values()) oldest = Math.min(oldest ?? firstOffset, firstOffset);
    return oldest;
  }

  /** Events remembered, of open and of sealed epochs. */
  get size(): number {
    return this.#rows.size;
  }

  /** Everything that is remembered, for `read`. */
  *lines(): Generator<string> {
    yield headLine({ lateKey: this.#late.key, buckets: [...this.#buckets.values()] });
    for (const row of this.#rows.values()) yield rowLine(row);
    for (const [source, rows] of this.#unvouched) yield* waitingLines(source, rows);
  }

  /** Takes in what a ledger remembered; this one must be new. @throws AppError SNAPSHOT_GONE for lines of another version. */
  read(lines: Iterable<string>): void {
    readLines(lines, {
      head: ({ lateKey, buckets }) => {
        for (const { key, sealedAt } of buckets) {
          const bucket = new EpochBucket(key);
          bucket.sealedAt = sealedAt;
          this.#buckets.set(key, bucket);
        }
        this.#late = this.#buckets.get(lateKey) ?? new EpochBucket(lateKey);
      },
      row: (row, holders) => {
        this.#rows.set(row.eventId, row);
        for (const key of holders) this.#buckets.get(key)?.add(row);
      },
      waiting: (source, eventIds) => {
        const rows = eventIds.flatMap((eventId) => this.#rows.get(eventId) ?? []);
        for (const row of rows) this.#awaitVoucher(source, row);
      },
    });
  }

  get openEpochs(): number {
    return this.#open().length;
  }

  /** Events in epochs that are not sealed. */
  get openClaims(): number {
    return this.#open().reduce((claims, { size }) => claims + size, 0);
  }

  #open(): EpochBucket[] {
    return [...this.#buckets.values()].filter(({ key, sealedAt }) => key >= 0 && sealedAt === -1);
  }

  #awaitVoucher(source: string, row: ClaimRow): void {
    const waiting = this.#unvouched.get(source);
    if (waiting === undefined) this.#unvouched.set(source, [row]);
    else waiting.push(row);
  }

  #openBucket(epoch: number): EpochBucket {
    return this.#kept(this.#buckets.get(epoch) ?? new EpochBucket(epoch));
  }

  #lateBucket(): EpochBucket {
    return this.#kept(this.#late);
  }

  #kept(bucket: EpochBucket): EpochBucket {
    this.#buckets.set(bucket.key, bucket);
    return bucket;
  }

  /** A million claims share one copy of the name of their channel, and those of a claimer one of the address. */
  #shareNames(record: ClaimRecord): ClaimRecord {
    if (record.content === undefined) return record;
    const { slot, channel, claimer, amount, id } = record.content;
    const content = { slot, channel: this.#shared(channel), claimer: this.#shared(claimer), amount, id };
    const { eventId, source, offset, finalized, retracted, failed } = record;
    return { eventId, source, offset, slot: record.slot, finalized, retracted, content, failed };
  }

  #shared(name: string): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    if (this.#names.size === MAX_NAMES) this.#names.clear();
    this.#names.set(name, name);
    return name;
  }
}

/** A claim is told as late once for each slot that it is seen in. */
function tellLate(row: ClaimRow, slot: number, offset: number): LateClaim | undefined {
  if (row.lateSlot === slot) return undefined;
  row.lateSlot = slot;
  return { eventId: row.eventId, slot, offset };
}
