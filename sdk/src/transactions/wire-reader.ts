import { malformed } from './malformed.ts';

/** Reads the wire bytes of a transaction; throws TRANSACTION_MALFORMED rather than read past the end. */
export class WireReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next byte, left in place. */
  peek(): number {
    return this.#bytes[this.#need(0, 1)] as number;
  }

  u8(): number {
    return this.#bytes[this.#need(1)] as number;
  }

  u16(): number {
    return this.u8() | (this.u8() << 8);
  }

  u32(): number {
    return (this.u16() | (this.u16() << 16)) >>> 0;
  }

  /** A length in Solana's compact form: 7 bits a byte, lowest first, at most three bytes and 16 bits. */
  shortLength(): number {
    let length = 0;
    for (let shift = 0; shift < 21; shift += 7) {
      const byte = this.u8();
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (length > 0xffff) break;
        return length;
      }
    }
    throw malformed('transaction', 'a compact length of at most 16 bits');
  }

  /** The next bytes, not copied. */
  take(length: number): Uint8Array {
    const start = this.#need(length);
    return this.#bytes.subarray(start, start + length);
  }

  list(count: number, length: number): Uint8Array[] {
    return Array.from({ length: count }, () => this.take(length));
  }

  /** @throws AttentionOracleError TRANSACTION_MALFORMED when bytes are left over. */
  end(): void {
    if (this.#offset !== this.#bytes.length) throw malformed('transaction', 'no bytes after the end');
  }

  #need(advance: number, length = advance): number {
    const start = this.#offset;
    if (start + length > this.#bytes.length) throw malformed('transaction', 'more bytes: it is cut off');
    this.#offset += advance;
    return start;
  }
}
