import { base58 } from '@scure/base';

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/** 58^9 is the largest power of 58 that a double holds exactly. */
const CHUNK_DIGITS = 9;
const CHUNK = 58n ** 9n;
const CACHE_LIMIT = 65_536;

const addressCache = new Map<string, string>();

/**
 * Base58 of any number of bytes (Bitcoin alphabet). Divides by 58^9 instead of by 58: instruction data of a claim has
 * hundreds of bytes, and the digit-wise method costs more than the rest of an answer.
 */
export function encodeBase58(bytes: Uint8Array): string {
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros++;
  if (zeros === bytes.length) return '1'.repeat(zeros);
  let rest = BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`);
  let text = '';
  while (rest > 0n) {
    const next = rest / CHUNK;
    let chunk = Number(rest - next * CHUNK);
    rest = next;
    let part = '';
    for (let i = 0; i < CHUNK_DIGITS && (chunk > 0 || rest > 0n); i++) {
      part = ALPHABET.charAt(chunk % 58) + part;
      chunk = Math.floor(chunk / 58);
    }
    text = part + text;
  }
  return '1'.repeat(zeros) + text;
}

/** Base58 of a 32-byte key, from a cache of the recent ones. */
export function encodeAddress(bytes: Uint8Array): string {
  const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const known = addressCache.get(key);
  if (known !== undefined) return known;
  if (addressCache.size >= CACHE_LIMIT) addressCache.clear();
  const address = encodeBase58(bytes);
  addressCache.set(key, address);
  return address;
}

/** The bytes of a base58 text, or null when it is not base58. */
export function decodeBase58(text: string): Uint8Array | null {
  try {
    return base58.decode(text);
  } catch {
    return null;
  }
}

/** The 32 bytes of an address. Throws a RangeError when the text is not one. */
export function addressBytes(address: string): Uint8Array {
  const bytes = decodeBase58(address);
  if (bytes?.length !== 32) throw new RangeError(`not a base58 address of 32 bytes: ${address}`);
  return bytes;
}
