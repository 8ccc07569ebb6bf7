/** Bytes ended before the value did, or a length is not possible. */
export class ByteRangeError extends Error {}

/** Reads little-endian values from bytes, front to back; every read past the end throws ByteRangeError. */
export class ByteReader {
  readonly bytes: Uint8Array;
  offset: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, offset = 0) {
    this.bytes = bytes;
    this.offset = offset;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.bytes.length - this.offset;
  }

  #take(length: number): number {
    if (length > this.remaining) {
      throw new ByteRangeError(`${length} bytes wanted at offset ${this.offset} of ${this.bytes.length}`);
    }
    const at = this.offset;
    this.offset += length;
    return at;
  }

  take(length: number): Uint8Array {
    const at = this.#take(length);
    return this.bytes.subarray(at, at + length);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  /** Borsh bool: a byte that is 0 or 1. */
  bool(): boolean {
    const value = this.u8();
    if (value > 1) throw new ByteRangeError(`a bool must be 0 or 1, got ${value}`);
    return value === 1;
  }

  /** Borsh string: u32 length, then UTF-8 that must be valid. */
  text(): string {
    const bytes = this.take(this.u32());
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      throw new ByteRangeError('text is not valid UTF-8');
    }
  }

  /** Solana's compact-u16: seven bits a byte, at most three bytes, no trailing zero byte. */
  compactU16(): number {
    let value = 0;
    for (let i = 0; i < 3; i++) {
      const byte = this.u8();
      value |= (byte & 0x7f) << (7 * i);
      if ((byte & 0x80) === 0) {
        if ((i > 0 && byte === 0) || value > 0xffff) break;
        return value;
      }
    }
    throw new ByteRangeError('a length is not a valid compact-u16');
  }
}
