import { base58Encode } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { Address } from '../program/address.ts';
import { malformed } from './malformed.ts';
import {
  CONFIG_BITS,
  readVersion1,
  SIGNATURE_BYTES,
  VERSION_1_LIMITS,
  VERSION_1_PREFIX,
  type Version1Wire,
} from './version-1-layout.ts';
import type { Version1Config, Version1Transaction } from './version-1-transaction.ts';
import { WireReader } from './wire-reader.ts';

const KNOWN_BITS = Object.values(CONFIG_BITS).reduce((mask, bits) => mask | bits, 0);

/**
 * Takes a serialised version 1 transaction apart, by the rules of the chain: what a node would refuse is refused.
 * Signatures are not verified.
 *
 * @throws AttentionOracleError TRANSACTION_VERSION_UNSUPPORTED when the bytes are of another version (`decodeTransaction`
 * reads all of them); TRANSACTION_MALFORMED when they are cut off, too long, or name what the message does not have.
 */
export function decodeVersion1Transaction(bytes: Uint8Array): Version1Transaction {
  const reader = new WireReader(bytes);
  if (reader.u8() !== VERSION_1_PREFIX) {
    throw new AttentionOracleError(
      'TRANSACTION_VERSION_UNSUPPORTED',
      'these bytes are no version 1 transaction, which begins with 0x81: read other versions with decodeTransaction',
      { firstByte: bytes[0] },
    );
  }
  const wire = readVersion1(reader);
  reader.end();
  requireSound(wire, bytes.length);
  const keys = wire.keys.map((key) => new Address(key));
  const signers = keys.slice(0, wire.signerCount);
  const account = (index: number) => ({
    pubkey: keyAt(keys, index),
    isSigner: index < wire.signerCount,
    isWritable: isWritable(wire, index),
  });
  return {
    signatures: wire.signatures,
    message: bytes.subarray(0, bytes.length - SIGNATURE_BYTES * wire.signerCount),
    signers,
    feePayer: keyAt(keys, 0),
    blockhash: base58Encode(wire.blockhash),
    config: configOf(wire),
    instructions: wire.instructions.map(({ programIdIndex, accounts, data }) => ({
      programId: keyAt(keys, programIdIndex),
      keys: Array.from(accounts, account),
      data,
    })),
  };
}

function requireSound(wire: Version1Wire, byteLength: number): void {
  const { signerCount, readonlySignerCount, readonlyOtherCount, keys, instructions } = wire;
  for (const [what, count, limit] of [
    ['bytes', byteLength, VERSION_1_LIMITS.bytes],
    ['addresses', keys.length, VERSION_1_LIMITS.addresses],
    ['instructions', instructions.length, VERSION_1_LIMITS.instructions],
    ['signatures', signerCount, VERSION_1_LIMITS.signatures],
  ] as const) {
    if (count > limit) throw malformed('transaction', `at most ${limit} ${what}, not ${count}`);
  }
  if (readonlySignerCount >= signerCount) throw malformed('transaction.header', 'a payer who signs and may be written');
  if (signerCount + readonlyOtherCount > keys.length)
    throw malformed('transaction.header', 'no more keys than there are');
  if (new Set(keys.map(base58Encode)).size < keys.length) throw malformed('transaction.addresses', 'each of them once');
  for (const { programIdIndex } of instructions) {
    if (programIdIndex === 0) throw malformed('transaction.instructions', 'a program that is not the payer');
  }
}

function keyAt(keys: readonly Address[], index: number): Address {
  const key = keys[index];
  if (key === undefined) throw malformed('transaction.instructions', 'only accounts that the message has');
  return key;
}

function isWritable(
  { signerCount, readonlySignerCount, readonlyOtherCount, keys }: Version1Wire,
  index: number,
): boolean {
  return index < signerCount ? index < signerCount - readonlySignerCount : index < keys.length - readonlyOtherCount;
}

function configOf({ configMask, configValues }: Version1Wire): Partial<Version1Config> {
  const feeBits = configMask & CONFIG_BITS.priorityFee;
  if ((configMask & ~KNOWN_BITS) !== 0 || (feeBits !== 0 && feeBits !== CONFIG_BITS.priorityFee)) {
    throw malformed('transaction.config', `only bits that are known, not the mask 0x${configMask.toString(16)}`);
  }
  const reader = new WireReader(configValues);
  const config: Partial<Version1Config> = {};
  if (feeBits !== 0) config.priorityFeeLamports = BigInt(reader.u32()) | (BigInt(reader.u32()) << 32n);
  if (configMask & CONFIG_BITS.computeUnits) config.computeUnitLimit = reader.u32();
  if (configMask & CONFIG_BITS.loadedAccounts) config.loadedAccountsDataSizeLimit = reader.u32();
  if (configMask & CONFIG_BITS.heap) config.heapSize = reader.u32();
  return config;
}
