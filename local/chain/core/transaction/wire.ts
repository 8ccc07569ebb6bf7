import { encodeAddress } from '../encoding/base58.ts';
import { ByteReader } from '../encoding/byte-reader.ts';

export type WireInstruction = { programIdIndex: number; accounts: Uint8Array; data: Uint8Array };
export type WireLookup = { table: string; writable: Uint8Array; readonly: Uint8Array };
/** What a version 1 message carries in place of compute budget instructions. */
export type WireConfig = {
  priorityFeeLamports: bigint | null;
  computeUnitLimit: number | null;
  loadedAccountsDataSizeLimit: number | null;
  heapSize: number | null;
};
export type WireTransaction = {
  version: 'legacy' | 0 | 1;
  signatures: Uint8Array[];
  numRequiredSignatures: number;
  numReadonlySigned: number;
  numReadonlyUnsigned: number;
  staticKeys: string[];
  blockhash: string;
  instructions: WireInstruction[];
  lookups: WireLookup[];
  config: WireConfig | null;
  /** The bytes that were signed. */
  message: Uint8Array;
  wire: Uint8Array;
};

/** The bytes are no transaction that this chain takes; the message says why. */
export class WireError extends Error {}

const PACKET_LIMIT_BYTES = 1232;
const V1_LIMIT_BYTES = 4096;
const V1_PREFIX = 0x81;
const V1_MAX_SIGNATURES = 12;
const V1_MAX_ADDRESSES = 64;
const V1_MAX_INSTRUCTIONS = 64;

/** Parses and sanitises a serialised transaction: legacy, version 0 or version 1. Throws WireError. */
export function parseTransaction(wire: Uint8Array): WireTransaction {
  const isV1 = wire[0] === V1_PREFIX;
  const limit = isV1 ? V1_LIMIT_BYTES : PACKET_LIMIT_BYTES;
  if (wire.length > limit) throw new WireError(`transaction too large: ${wire.length} bytes (max: ${limit} bytes)`);
  try {
    const transaction = isV1 ? parseV1(wire) : parseSignaturesFirst(wire);
    sanitise(transaction);
    return transaction;
  } catch (cause) {
    if (cause instanceof WireError) throw cause;
    throw new WireError(`failed to deserialize transaction: ${(cause as Error).message}`, { cause });
  }
}

function parseSignaturesFirst(wire: Uint8Array): WireTransaction {
  const reader = new ByteReader(wire);
  const signatures = list(reader.compactU16(), () => reader.take(64));
  const message = wire.subarray(reader.offset);
  let version: 'legacy' | 0 = 'legacy';
  const first = reader.u8();
  if (first & 0x80) {
    if ((first & 0x7f) !== 0) throw new WireError(`unsupported transaction version: ${first & 0x7f}`);
    version = 0;
  }
  const numRequiredSignatures = version === 0 ? reader.u8() : first;
  const numReadonlySigned = reader.u8();
  const numReadonlyUnsigned = reader.u8();
  const staticKeys = list(reader.compactU16(), () => encodeAddress(reader.take(32)));
  const blockhash = encodeAddress(reader.take(32));
  const instructions = list(reader.compactU16(), () => ({
    programIdIndex: reader.u8(),
    accounts: reader.take(reader.compactU16()),
    data: reader.take(reader.compactU16()),
  }));
  const lookups =
    version === 0
      ? list(reader.compactU16(), () => ({
          table: encodeAddress(reader.take(32)),
          writable: reader.take(reader.compactU16()),
          readonly: reader.take(reader.compactU16()),
        }))
      : [];
  if (reader.remaining > 0) throw new WireError(`${reader.remaining} bytes follow the transaction`);
  return {
    version,
    signatures,
    numRequiredSignatures,
    numReadonlySigned,
    numReadonlyUnsigned,
    staticKeys,
    blockhash,
    instructions,
    lookups,
    config: null,
    message,
    wire,
  };
}

/** Version 1: message first, then one signature for each required signer, without a count. */
function parseV1(wire: Uint8Array): WireTransaction {
  const reader = new ByteReader(wire, 1);
  const numRequiredSignatures = reader.u8();
  const numReadonlySigned = reader.u8();
  const numReadonlyUnsigned = reader.u8();
  const mask = reader.u32();
  const feeBits = mask & 0b11;
  if ((mask & ~0b11111) !== 0 || (feeBits !== 0 && feeBits !== 0b11)) {
    throw new WireError(`unknown bits in the transaction config mask: 0x${mask.toString(16)}`);
  }
  const blockhash = encodeAddress(reader.take(32));
  const instructionCount = reader.u8();
  const staticKeys = list(reader.u8(), () => encodeAddress(reader.take(32)));
  const config: WireConfig = {
    priorityFeeLamports: feeBits ? reader.u64() : null,
    computeUnitLimit: mask & 0b100 ? reader.u32() : null,
    loadedAccountsDataSizeLimit: mask & 0b1000 ? reader.u32() : null,
    heapSize: mask & 0b1_0000 ? reader.u32() : null,
  };
  const headers = list(instructionCount, () => [reader.u8(), reader.u8(), reader.u16()] as const);
  const instructions = headers.map(([programIdIndex, accountCount, dataLength]) => ({
    programIdIndex,
    accounts: reader.take(accountCount),
    data: reader.take(dataLength),
  }));
  const message = wire.subarray(0, reader.offset);
  const signatures = list(numRequiredSignatures, () => reader.take(64));
  if (reader.remaining > 0) throw new WireError(`${reader.remaining} bytes follow the transaction`);
  return {
    version: 1,
    signatures,
    numRequiredSignatures,
    numReadonlySigned,
    numReadonlyUnsigned,
    staticKeys,
    blockhash,
    instructions,
    lookups: [],
    config,
    message,
    wire,
  };
}

function sanitise(transaction: WireTransaction): void {
  const { signatures, numRequiredSignatures, numReadonlySigned, numReadonlyUnsigned, staticKeys } = transaction;
  if (signatures.length !== numRequiredSignatures || numRequiredSignatures === 0) {
    throw new WireError(`${numRequiredSignatures} signatures required, ${signatures.length} given`);
  }
  if (
    numReadonlySigned >= numRequiredSignatures ||
    numRequiredSignatures + numReadonlyUnsigned > staticKeys.length ||
    staticKeys.length > 256
  ) {
    throw new WireError('the message header does not fit the account keys');
  }
  if (transaction.version === 1) checkV1Limits(transaction);
  const loaded = transaction.lookups.reduce((sum, lookup) => sum + lookup.writable.length + lookup.readonly.length, 0);
  const keyCount = staticKeys.length + loaded;
  for (const { programIdIndex, accounts } of transaction.instructions) {
    if (programIdIndex === 0 || programIdIndex >= staticKeys.length || accounts.some((index) => index >= keyCount)) {
      throw new WireError('an instruction names an account index that the message does not have');
    }
  }
}

function checkV1Limits({ signatures, staticKeys, instructions }: WireTransaction): void {
  for (const [what, count, limit] of [
    ['signatures', signatures.length, V1_MAX_SIGNATURES],
    ['addresses', staticKeys.length, V1_MAX_ADDRESSES],
    ['instructions', instructions.length, V1_MAX_INSTRUCTIONS],
  ] as const) {
    if (count > limit) throw new WireError(`a version 1 transaction has at most ${limit} ${what}, not ${count}`);
  }
}

function list<T>(length: number, read: () => T): T[] {
  const items: T[] = [];
  for (let i = 0; i < length; i++) items.push(read());
  return items;
}

/** Whether the static key at an index may be written. */
export function isStaticWritable(transaction: WireTransaction, index: number): boolean {
  const { numRequiredSignatures, numReadonlySigned, numReadonlyUnsigned, staticKeys } = transaction;
  return index < numRequiredSignatures
    ? index < numRequiredSignatures - numReadonlySigned
    : index < staticKeys.length - numReadonlyUnsigned;
}
