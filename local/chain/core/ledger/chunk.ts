/** Transactions a chunk holds. */
export const CHUNK_SIZE = 4_096;

/** 4,096 transactions in columns; wire bytes and packed metas follow each other in one growing array. */
export class Chunk {
  readonly slots = new Float64Array(CHUNK_SIZE);
  /** Unix seconds; NaN is "none". */
  readonly times = new Float64Array(CHUNK_SIZE);
  /** Numbers of interned error texts. */
  readonly errors = new Uint32Array(CHUNK_SIZE);
  readonly #signatures = new Uint8Array(64 * CHUNK_SIZE);
  readonly #ends = new Float64Array(CHUNK_SIZE);
  readonly #wireEnds = new Float64Array(CHUNK_SIZE);
  #bytes = new Uint8Array(1 << 14);
  #length = 0;
  #count = 0;

  push(signature: Uint8Array, wire: Uint8Array, meta: Uint8Array): void {
    const at = this.#count++;
    this.#signatures.set(signature, at * 64);
    this.#reserve(wire.length + meta.length);
    this.#bytes.set(wire, this.#length);
    this.#wireEnds[at] = this.#length + wire.length;
    this.#bytes.set(meta, this.#length + wire.length);
    this.#length += wire.length + meta.length;
    this.#ends[at] = this.#length;
    if (this.#count === CHUNK_SIZE) this.#bytes = this.#bytes.slice(0, this.#length);
  }

  #reserve(extra: number): void {
    let size = this.#bytes.length;
    while (size < this.#length + extra) size *= 2;
    if (size === this.#bytes.length) return;
    const larger = new Uint8Array(size);
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }

  signature(at: number): Uint8Array {
    return this.#signatures.subarray(at * 64, at * 64 + 64);
  }

  wire(at: number): Uint8Array {
    return this.#bytes.subarray(at === 0 ? 0 : this.#ends[at - 1], this.#wireEnds[at]);
  }

  meta(at: number): Uint8Array {
    return this.#bytes.subarray(this.#wireEnds[at], this.#ends[at]);
  }
}
