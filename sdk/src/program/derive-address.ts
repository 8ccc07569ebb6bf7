import { sha256 } from '@noble/hashes/sha2.js';
import { type AddressInput, addressBytes } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { Address } from './address.ts';
import { concatBytes } from './borsh-writer.ts';
import { isOnEd25519Curve } from './ed25519-point.ts';

const MARKER = new TextEncoder().encode('ProgramDerivedAddress');

/**
 * The program-derived address of some seeds: the first bump from 255 down whose hash is no point of the curve.
 *
 * @returns the address and its bump
 * @throws AttentionOracleError SEED_INVALID for a seed above 32 bytes or more than 15 seeds, ADDRESS_INVALID
 */
export function deriveAddress(seeds: readonly Uint8Array[], programId: AddressInput): [Address, number] {
  if (seeds.length > 15 || seeds.some((seed) => seed.length > 32)) {
    throw new AttentionOracleError('SEED_INVALID', 'a program-derived address takes at most 15 seeds of 32 bytes', {
      seedLengths: seeds.map((seed) => seed.length),
    });
  }
  const tail = concatBytes([addressBytes(programId), MARKER]);
  for (let bump = 255; bump >= 0; bump--) {
    const candidate = sha256(concatBytes([...seeds, Uint8Array.of(bump), tail]));
    if (!isOnEd25519Curve(candidate)) return [new Address(candidate), bump];
  }
  throw new AttentionOracleError('SEED_INVALID', 'these seeds have no program-derived address: change one', {});
}
