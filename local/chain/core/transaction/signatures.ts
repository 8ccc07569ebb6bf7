import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { addressBytes } from '../encoding/base58.ts';
import type { WireTransaction } from './wire.ts';

/** DER of a public key of Ed25519, without the key. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const CACHE_LIMIT = 20_000;
const keys = new Map<string, KeyObject>();

/** Whether every required signer really signed the message. */
export function hasValidSignatures(transaction: WireTransaction): boolean {
  return transaction.signatures.every((signature, index) => {
    const address = transaction.staticKeys[index];
    if (address === undefined) return false;
    try {
      return verify(null, transaction.message, keyOf(address), signature);
    } catch {
      return false;
    }
  });
}

function keyOf(address: string): KeyObject {
  const known = keys.get(address);
  if (known !== undefined) return known;
  const der = Buffer.concat([SPKI_PREFIX, addressBytes(address)]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  if (keys.size >= CACHE_LIMIT) keys.clear();
  keys.set(address, key);
  return key;
}
