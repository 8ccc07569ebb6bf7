/**
 * Finds the sequence number of a signature without keeping a string for each: open addressing over sequence numbers,
 * the 64 bytes themselves stay with the transactions. Numbers below `floor` count as gone.
 */
export class SignatureTable {
  /** Entries are sequence number + 1; 0 is empty. */
  #entries = new Uint32Array(1 << 12);
  #used = 0;
  readonly #signatureOf: (sequence: number) => Uint8Array;

  constructor(signatureOf: (sequence: number) => Uint8Array) {
    this.#signatureOf = signatureOf;
  }

  add(signature: Uint8Array, sequence: number, floor: number): void {
    if ((this.#used + 1) * 2 > this.#entries.length) this.#rebuild(floor);
    this.#put(signature, sequence);
  }

  find(signature: Uint8Array, floor: number): number | null {
    const mask = this.#entries.length - 1;
    for (let at = hash(signature) & mask; ; at = (at + 1) & mask) {
      const entry = this.#entries[at] ?? 0;
      if (entry === 0) return null;
      const sequence = entry - 1;
      if (sequence >= floor && Buffer.compare(this.#signatureOf(sequence), signature) === 0) return sequence;
    }
  }

  #put(signature: Uint8Array, sequence: number): void {
    const mask = this.#entries.length - 1;
    let at = hash(signature) & mask;
    while (this.#entries[at] !== 0) at = (at + 1) & mask;
    this.#entries[at] = sequence + 1;
    this.#used++;
  }

  #rebuild(floor: number): void {
    const living = this.#entries.filter((entry) => entry > floor);
    let size = 1 << 12;
    while (size < living.length * 4) size *= 2;
    this.#entries = new Uint32Array(size);
    this.#used = 0;
    for (const entry of living) this.#put(this.#signatureOf(entry - 1), entry - 1);
  }
}

function hash(signature: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = signature;
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}
