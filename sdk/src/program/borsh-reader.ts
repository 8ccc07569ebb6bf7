const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Why bytes could not be read; caught inside this package and never thrown to a caller. */
export class BorshReadError extends Error {}

/** Reads Borsh values one after the other; each method throws {@link BorshReadError} rather than read past the end. */
export class BorshReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#offset = offset;
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#advance(8), true);
  }

  /** One byte, 0 or 1; Borsh refuses any other. */
  bool(): boolean {
    const byte = this.#bytes[this.#advance(1)] as number;
    if (byte > 1) throw new BorshReadError('a bool is 0 or 1');
    return byte === 1;
  }

  /** u32 length and UTF-8 bytes; invalid UTF-8 is refused, as the program does. */
  string(): string {
    const length = this.u32();
    const start = this.#advance(length);
    const bytes = this.#bytes.subarray(start, start + length);
    return asciiText(bytes) ?? decodeUtf8(bytes);
  }

  hash(): Uint8Array {
    const start = this.#advance(32);
    return this.#bytes.slice(start, start + 32);
  }

  /** u32 count and that many times 32 bytes. The count is checked against the bytes left before anything is made. */
  hashes(): Uint8Array[] {
    const count = this.u32();
    const start = this.#advance(count * 32);
    const hashes: Uint8Array[] = [];
    for (let i = 0; i < count; i++) hashes.push(this.#bytes.slice(start + i * 32, start + (i + 1) * 32));
    return hashes;
  }

  #advance(length: number): number {
    const start = this.#offset;
    if (start + length > this.#bytes.length) throw new BorshReadError('the bytes end inside a value');
    this.#offset = start + length;
    return start;
  }
}

/** Channel names and claim ids are short ASCII nearly always, which TextDecoder is slow for. */
function asciiText(bytes: Uint8Array): string | undefined {
  if (bytes.length > 128) return undefined;
  let text = '';
  for (const byte of bytes) {
    if (byte > 127) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    throw new BorshReadError('a String is UTF-8');
  }
}
