import { base58Encode } from '../bytes.ts';
import { expectDiscriminator, unknownSize } from './account-bytes.ts';
import { PROTOCOL_STATE_BYTES, PROTOCOL_STATE_DISCRIMINATOR } from './account-layouts.ts';

/** A mint's protocol state. Addresses are base58. */
export interface ProtocolState {
  isInitialized: boolean;
  version: number;
  admin: string;
  publisher: string;
  /** Owner of the token account that claims are paid from. */
  treasury: string;
  mint: string;
  paused: boolean;
  requireReceipt: boolean;
  bump: number;
}

/**
 * Reads a ProtocolState account (141 bytes).
 * @throws AttentionOracleError ACCOUNT_DISCRIMINATOR_MISMATCH, ACCOUNT_SIZE_UNKNOWN
 */
export function decodeProtocolState(bytes: Uint8Array): ProtocolState {
  expectDiscriminator(bytes, PROTOCOL_STATE_DISCRIMINATOR, 'ProtocolState');
  if (bytes.length !== PROTOCOL_STATE_BYTES) throw unknownSize('ProtocolState', bytes.length, [PROTOCOL_STATE_BYTES]);
  const address = (offset: number) => base58Encode(bytes.subarray(offset, offset + 32));
  const byte = (offset: number) => bytes[offset] as number;
  return {
    isInitialized: byte(8) !== 0,
    version: byte(9),
    admin: address(10),
    publisher: address(42),
    treasury: address(74),
    mint: address(106),
    paused: byte(138) !== 0,
    requireReceipt: byte(139) !== 0,
    bump: byte(140),
  };
}
