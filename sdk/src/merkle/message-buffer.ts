import { decodeBase58Address } from '../base58-address.ts';
import { type AddressInput, addressBytes, HASH_BYTES } from '../bytes.ts';

const encoder = new TextEncoder();
const TYPICAL_MESSAGE_BYTES = 96;

/**
 * Messages end to end, ready for a kernel, so that no message becomes an object of its own. Call `reserve` before the
 * writes of a message and `endMessage` after them.
 */
export class MessageBuffer {
  bytes: Uint8Array<ArrayBuffer>;
  /** Where each message ends. */
  ends: Uint32Array<ArrayBuffer>;
  count = 0;
  private view: DataView;
  private used = 0;

  constructor(messageCount: number) {
    this.bytes = new Uint8Array(messageCount * TYPICAL_MESSAGE_BYTES);
    this.view = new DataView(this.bytes.buffer);
    this.ends = new Uint32Array(messageCount);
  }

  clear(): void {
    this.count = 0;
    this.used = 0;
  }

  /** Takes memory back that was handed to a worker, and clears it. */
  reuse(bytes: Uint8Array<ArrayBuffer>, ends: Uint32Array<ArrayBuffer>): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.ends = ends;
    this.clear();
  }

  /** Makes room for a message of at most `length` bytes. */
  reserve(length: number): void {
    const needed = this.used + length;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
    grown.set(this.bytes.subarray(0, this.used));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  writeBytes(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.used);
    this.used += bytes.length;
  }

  /** @throws AttentionOracleError BASE58_INVALID, ADDRESS_INVALID */
  writeAddress(address: AddressInput): void {
    if (typeof address === 'string' && decodeBase58Address(address, this.bytes, this.used)) this.used += HASH_BYTES;
    else this.writeBytes(addressBytes(address));
  }

  writeU32(value: number): void {
    this.view.setUint32(this.used, value, true);
    this.used += 4;
  }

  writeU64(value: bigint): void {
    this.view.setBigUint64(this.used, value, true);
    this.used += 8;
  }

  /** Writes UTF-8; at most three bytes for each UTF-16 unit. */
  writeText(text: string): void {
    let at = this.used;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) {
        this.used += encoder.encodeInto(text, this.bytes.subarray(this.used)).written;
        return;
      }
      this.bytes[at++] = unit;
    }
    this.used = at;
  }

  endMessage(): void {
    this.ends[this.count++] = this.used;
  }
}
