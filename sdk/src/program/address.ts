import { type AddressInput, addressBytes, base58Encode, bytesToHex } from '../bytes.ts';

/**
 * A 32-byte address, without any dependency on web3.js.
 *
 * It has the reading methods of web3.js's PublicKey; to make a real one, `new PublicKey(address.toBytes())`, or import
 * the same functions from `@attention-oracle/sdk/web3`, where they return PublicKeys.
 */
export class Address {
  readonly #bytes: Uint8Array;
  #text: string | undefined;

  /** @throws AttentionOracleError BASE58_INVALID or ADDRESS_INVALID */
  constructor(address: AddressInput) {
    this.#bytes = Uint8Array.from(addressBytes(address));
  }

  /** A copy of the 32 bytes. */
  toBytes(): Uint8Array {
    return this.#bytes.slice();
  }

  toBase58(): string {
    this.#text ??= base58Encode(this.#bytes);
    return this.#text;
  }

  toString(): string {
    return this.toBase58();
  }

  toJSON(): string {
    return this.toBase58();
  }

  equals(other: AddressInput): boolean {
    return bytesToHex(this.#bytes) === bytesToHex(addressBytes(other));
  }
}
