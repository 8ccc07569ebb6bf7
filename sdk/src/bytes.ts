import { base58 as scureBase58 } from '@scure/base';
import { decodeBase58Address } from './base58-address.ts';
import { AttentionOracleError } from './errors.ts';

/** An address as callers hold it: base58 text, 32 bytes, or anything with `toBytes()` such as a web3.js PublicKey. */
export type AddressInput = string | Uint8Array | { toBytes(): Uint8Array };

/** The largest value of an unsigned 64-bit integer. */
export const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** Bytes of an address, a hash, a leaf, a root. */
export const HASH_BYTES = 32;

const HEX_OF_BYTE: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hexadecimal digits, two a byte, without `0x`. */
export function bytesToHex(bytes: Uint8Array): string {
  let hex = '';
  for (let i = 0; i < bytes.length; i++) hex += HEX_OF_BYTE[bytes[i] as number] as string;
  return hex;
}

/**
 * Bytes from hexadecimal digits of either case; a leading `0x` is accepted.
 * @throws AttentionOracleError HEX_INVALID on an odd length or a character that is no digit.
 */
export function hexToBytes(hex: string): Uint8Array {
  const digits = hex.startsWith('0x') || hex.startsWith('0X') ? hex.slice(2) : hex;
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) {
    throw new AttentionOracleError('HEX_INVALID', 'expected hexadecimal digits, two for each byte', {
      length: digits.length,
    });
  }
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** Base58 text (Bitcoin alphabet, as Solana writes addresses and signatures). */
export function base58Encode(bytes: Uint8Array): string {
  return scureBase58.encode(bytes);
}

/**
 * Bytes of base58 text.
 * @throws AttentionOracleError BASE58_INVALID on a character outside the alphabet.
 */
export function base58Decode(text: string): Uint8Array {
  try {
    return scureBase58.decode(text);
  } catch (cause) {
    throw new AttentionOracleError('BASE58_INVALID', 'expected base58 text', { length: text.length }, { cause });
  }
}

/**
 * The 32 bytes of an address in any accepted form. A Uint8Array is returned as it is, not copied.
 * @throws AttentionOracleError BASE58_INVALID, or ADDRESS_INVALID when it does not come to 32 bytes.
 */
export function addressBytes(address: AddressInput): Uint8Array {
  if (typeof address === 'string') {
    const decoded = new Uint8Array(HASH_BYTES);
    return decodeBase58Address(address, decoded, 0) ? decoded : expectAddress(base58Decode(address));
  }
  if (address instanceof Uint8Array) return expectAddress(address);
  if (typeof address?.toBytes === 'function') return expectAddress(address.toBytes());
  throw new AttentionOracleError(
    'ADDRESS_INVALID',
    'an address is base58 text, a Uint8Array of 32 bytes or an object with toBytes()',
  );
}

function expectAddress(bytes: Uint8Array): Uint8Array {
  if (bytes.length === HASH_BYTES) return bytes;
  throw new AttentionOracleError(
    'ADDRESS_INVALID',
    `an address has ${HASH_BYTES} bytes, this one has ${bytes.length}`,
    { length: bytes.length },
  );
}
