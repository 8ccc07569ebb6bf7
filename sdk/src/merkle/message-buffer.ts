import { decodeBase58Address } from '../base58-address.ts';
import { type AddressInput, addressBytes, HASH_BYTES } from '../bytes.ts';
import { isShared } from './shared-memory.ts';

const encoder = new TextEncoder();
const TYPICAL_MESSAGE_BYTES = 96;

/**
 * Messages end to end, ready for a kernel, so that no message becomes an object of its own. Call `reserve` before the
 * writes of a message and `endMessage` after them.
 */
export class MessageBuffer {
  bytes: Uint8Array;
  /** Where each message ends. */
  ends: Uint32Array;
  count = 0;
  private view: DataView;
  private used = 0;

  constructor(bytes: Uint8Array, ends: Uint32Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.ends = ends;
  }

  /** An empty buffer for so many messages. */
  static for(messageCount: number): MessageBuffer {
    return new MessageBuffer(new Uint8Array(messageCount * TYPICAL_MESSAGE_BYTES), new Uint32Array(messageCount));
  }

  clear(): void {
    this.count = 0;
    this.used = 0;
  }

  /** Makes room for a message of at most `length` bytes. */
  reserve(length: number): void {
    const needed = this.used + length;
    if (needed <= this.bytes.length) return;
    const byteLength = Math.max(needed, 2 * this.bytes.length);
    const grown = new Uint8Array(
      isShared(this.bytes.buffer) ? new SharedArrayBuffer(byteLength) : new ArrayBuffer(byteLength),
    );
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
