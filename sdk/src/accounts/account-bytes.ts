import { bytesToHex } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';

/** @throws AttentionOracleError ACCOUNT_DISCRIMINATOR_MISMATCH when the bytes are another kind of account. */
export function expectDiscriminator(bytes: Uint8Array, discriminator: string, kind: string): void {
  const found = bytesToHex(bytes.subarray(0, 8));
  if (found === discriminator) return;
  throw new AttentionOracleError(
    'ACCOUNT_DISCRIMINATOR_MISMATCH',
    `these bytes are no ${kind}: they start with ${found || 'nothing'}, not ${discriminator}. Check the address`,
    { kind, found, expected: discriminator },
  );
}

/** @throws AttentionOracleError ACCOUNT_SIZE_UNKNOWN */
export function unknownSize(kind: string, bytes: number, known: readonly number[]): AttentionOracleError {
  return new AttentionOracleError(
    'ACCOUNT_SIZE_UNKNOWN',
    `a ${kind} of ${bytes} bytes is not known here (known: ${known.join(', ')}): update @attention-oracle/sdk`,
    { kind, bytes, known },
  );
}
