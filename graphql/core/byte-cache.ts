/**
 * A map that holds so many bytes and no more. The oldest entry goes first, but one that was used since it came, or was spared, is spared
 * once more: to look something up changes no order, which at many look-ups costs more than they do. Pure.
 */

interface Entry<Value> {
  readonly value: Value;
  readonly bytes: number;
  isUsed: boolean;
}

/** What an entry takes beside key and value. */
const ENTRY_BYTES = 100;

export class ByteCache<Value> {
  readonly #capacityBytes: number;
  readonly #entries = new Map<string, Entry<Value>>();
  #bytes = 0;

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    entry.isUsed = true;
    return entry.value;
  }

  /** Replaces what stands under the key. What is larger than the whole cache is not kept. */
  set(key: string, value: Value, valueBytes: number): void {
    this.delete(key);
    const bytes = 2 * key.length + valueBytes + ENTRY_BYTES;
    if (bytes > this.#capacityBytes) return;
    this.#makeRoom(bytes);
    this.#entries.set(key, { value, bytes, isUsed: false });
    this.#bytes += bytes;
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }

  /** Ends: each entry is spared at most once before it goes. */
  #makeRoom(bytes: number): void {
    for (const [key, entry] of this.#entries) {
      if (this.#bytes + bytes <= this.#capacityBytes) return;
      this.delete(key);
      if (!entry.isUsed) continue;
      this.#entries.set(key, { ...entry, isUsed: false });
      this.#bytes += entry.bytes;
    }
  }
}
