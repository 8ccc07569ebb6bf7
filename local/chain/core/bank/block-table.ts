import { createHash } from 'node:crypto';
import { encodeBase58 } from '../encoding/base58.ts';

const KEPT_BLOCKS = 1_000_000;
/** Blocks after which a transaction can no longer name a blockhash. */
export const BLOCKHASH_LIFE_BLOCKS = 150;
const REMEMBERED_HASHES = 2 * BLOCKHASH_LIFE_BLOCKS;

/** Height, time and hash of every slot from a first one on; a skipped slot has none. */
export class BlockTable {
  #first: number;
  /** Block heights; NaN where the slot was skipped. */
  #heights = new Float64Array(1_024);
  /** Unix seconds. */
  #times = new Float64Array(1_024);
  #count = 0;
  /** Raised at a rollback, so that the slots of the other fork have other hashes. */
  #fork = 0;
  readonly #genesisHash: string;
  readonly #hashes = new Map<number, string>();
  readonly #slots = new Map<string, number>();

  /** Begins with one block, at a slot, height and time (unix seconds). */
  constructor(genesisHash: string, origin: { slot: number; height: number; time: number }) {
    this.#genesisHash = genesisHash;
    this.#first = origin.slot;
    this.#append(origin.height, origin.time);
    this.#rememberHash(this.last);
  }

  get first(): number {
    return this.#first;
  }

  /** The last slot that was appended, skipped or not. */
  get last(): number {
    return this.#first + this.#count - 1;
  }

  /** Appends the next slot, as a block or as skipped. */
  push(unixSeconds: number, skipped: boolean): void {
    const height = this.height(this.lastBlock(this.last)) + 1;
    this.#append(skipped ? Number.NaN : height, unixSeconds);
    if (!skipped) this.#rememberHash(this.last);
  }

  /** Appends blocks up to a slot; only the newest get a hash that a transaction may name. */
  extendTo(slot: number, timeOf: (slot: number) => number): void {
    let height = this.height(this.last);
    for (let next = this.last + 1; next <= slot; next++) {
      this.#append(++height, timeOf(next));
      if (next > slot - REMEMBERED_HASHES) this.#rememberHash(next);
    }
  }

  #append(height: number, unixSeconds: number): void {
    if (this.#count >= KEPT_BLOCKS) this.#forget(Math.floor(KEPT_BLOCKS / 2));
    if (this.#count === this.#heights.length) {
      this.#heights = grown(this.#heights);
      this.#times = grown(this.#times);
    }
    this.#heights[this.#count] = height;
    this.#times[this.#count] = unixSeconds;
    this.#count++;
  }

  #forget(blocks: number): void {
    this.#heights.copyWithin(0, blocks);
    this.#times.copyWithin(0, blocks);
    this.#first += blocks;
    this.#count -= blocks;
  }

  #rememberHash(slot: number): void {
    const hash = encodeBase58(createHash('sha256').update(`${this.#genesisHash}/${slot}/${this.#fork}`).digest());
    this.#hashes.set(slot, hash);
    this.#slots.set(hash, slot);
    for (const [oldSlot, oldHash] of this.#hashes) {
      if (this.#hashes.size <= REMEMBERED_HASHES) break;
      this.#hashes.delete(oldSlot);
      this.#slots.delete(oldHash);
    }
  }

  /** Turns the slots above `slot` into skipped ones: their fork is abandoned. */
  abandonAbove(slot: number): void {
    this.#fork++;
    for (let gone = slot + 1; gone <= this.last; gone++) {
      this.#heights[gone - this.#first] = Number.NaN;
      const hash = this.#hashes.get(gone);
      if (hash !== undefined) this.#slots.delete(hash);
      this.#hashes.delete(gone);
    }
  }

  isBlock(slot: number): boolean {
    return slot >= this.#first && slot <= this.last && !Number.isNaN(this.#heights[slot - this.#first]);
  }

  /** The last slot with a block at or below `slot`; the first block when there is none. */
  lastBlock(slot: number): number {
    let at = Math.min(slot, this.last);
    while (at > this.#first && Number.isNaN(this.#heights[at - this.#first])) at--;
    return Math.max(at, this.#first);
  }

  height(slot: number): number {
    return this.#heights[this.lastBlock(slot) - this.#first] ?? this.#first;
  }

  /** Unix seconds of a block; null for a skipped or unknown slot. */
  time(slot: number): number | null {
    return this.isBlock(slot) ? (this.#times[slot - this.#first] ?? null) : null;
  }

  /** Hash of a recent block. */
  hash(slot: number): string {
    return this.#hashes.get(this.lastBlock(slot)) ?? this.#genesisHash;
  }

  /** Hash of any block, recent or not; older ones get a stable stand-in, since nothing can be signed on them. */
  anyHash(slot: number): string {
    const stable = createHash('sha256').update(`${this.#genesisHash}/${slot}`).digest();
    return this.#hashes.get(slot) ?? encodeBase58(stable);
  }

  /** Last block height at which a transaction may name the hash; null when it is not a recent hash. */
  lastValidHeight(hash: string): number | null {
    const slot = this.#slots.get(hash);
    return slot === undefined ? null : this.height(slot) + BLOCKHASH_LIFE_BLOCKS;
  }

  /** Whether a transaction that names the hash may run after the block of `slot`, which must know the hash. */
  isUsable(hash: string, slot: number): boolean {
    const made = this.#slots.get(hash);
    return made !== undefined && made <= slot && this.height(slot) <= this.height(made) + BLOCKHASH_LIFE_BLOCKS;
  }
}

function grown(values: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(values.length * 2);
  larger.set(values);
  return larger;
}
