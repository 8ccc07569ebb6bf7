import type { WireReader } from './wire-reader.ts';

/** The most that a version 1 transaction may hold (SIMD-0385, SIMD-0296). */
export const VERSION_1_LIMITS = {
  /** Message and signatures together. */
  bytes: 4_096,
  addresses: 64,
  /** In the message. While it runs a transaction may have 64 in all, those that programs call counted too. */
  instructions: 64,
  signatures: 12,
  /** Of the compute-unit limit. */
  computeUnits: 1_400_000,
  /** Bytes of accounts that may be loaded: what older versions have without asking. */
  loadedAccountsBytes: 64 * 1_024 * 1_024,
  /** Bytes of heap: a multiple of 1,024 between these. */
  heapBytes: { least: 32 * 1_024, most: 256 * 1_024 },
} as const;

/** First byte of a version 1 transaction. */
export const VERSION_1_PREFIX = 0x81;
export const SIGNATURE_BYTES = 64;
export const KEY_BYTES = 32;

/** Bits of the configuration's mask; each stands for a value of 4 bytes, both of the fee's together for one of 8. */
export const CONFIG_BITS = { priorityFee: 0b11, computeUnits: 0b100, loadedAccounts: 0b1000, heap: 0b1_0000 } as const;

/** A version 1 transaction as the wire carries it, nothing interpreted. */
export interface Version1Wire {
  signerCount: number;
  readonlySignerCount: number;
  readonlyOtherCount: number;
  configMask: number;
  blockhash: Uint8Array;
  keys: Uint8Array[];
  configValues: Uint8Array;
  instructions: { programIdIndex: number; accounts: Uint8Array; data: Uint8Array }[];
  signatures: Uint8Array[];
}

/**
 * Reads what stands after the first byte. Configuration bits that nobody knows yet are passed over.
 * @throws AttentionOracleError TRANSACTION_MALFORMED
 */
export function readVersion1(reader: WireReader): Version1Wire {
  const [signerCount, readonlySignerCount, readonlyOtherCount] = [reader.u8(), reader.u8(), reader.u8()];
  const configMask = reader.u32();
  const blockhash = reader.take(KEY_BYTES);
  const instructionCount = reader.u8();
  const keys = reader.list(reader.u8(), KEY_BYTES);
  const configValues = reader.take(4 * bitCount(configMask));
  const headers = Array.from({ length: instructionCount }, () => ({
    programIdIndex: reader.u8(),
    accountCount: reader.u8(),
    dataLength: reader.u16(),
  }));
  const instructions = headers.map(({ programIdIndex, accountCount, dataLength }) => ({
    programIdIndex,
    accounts: reader.take(accountCount),
    data: reader.take(dataLength),
  }));
  const signatures = reader.list(signerCount, SIGNATURE_BYTES);
  return {
    signerCount,
    readonlySignerCount,
    readonlyOtherCount,
    configMask,
    blockhash,
    keys,
    configValues,
    instructions,
    signatures,
  };
}

function bitCount(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}
