import { base58Encode } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { malformed } from './malformed.ts';
import { KEY_BYTES, readVersion1, SIGNATURE_BYTES } from './version-1-layout.ts';
import { WireReader } from './wire-reader.ts';

/** An instruction as the wire carries it: positions in the list of account keys. */
export interface WireInstruction {
  programIdIndex: number;
  accounts: Uint8Array;
  data: Uint8Array;
}

/** A transaction's wire bytes, taken apart. */
export interface WireTransaction {
  version: 'legacy' | 0 | 1;
  /** Base58. */
  signature: string;
  signerCount: number;
  /** Keys in the transaction itself (base58); those of lookup tables are in the node's answer. */
  staticKeys: string[];
  /** How many keys the lookup tables add. */
  lookupCount: number;
  instructions: WireInstruction[];
}

const VERSION_FLAG = 0x80;

/**
 * Takes a signed transaction apart: legacy, version 0, and version 1 (SIMD-0385), which puts the message first and the
 * signatures, uncounted, last. A count of signatures never has its top bit set, so the first byte tells them apart.
 *
 * @throws AttentionOracleError TRANSACTION_MALFORMED, TRANSACTION_VERSION_UNSUPPORTED
 */
export function parseWireTransaction(bytes: Uint8Array): WireTransaction {
  const reader = new WireReader(bytes);
  const transaction = reader.peek() >= VERSION_FLAG ? parseMessageFirst(reader) : parseSignaturesFirst(reader);
  reader.end();
  return transaction;
}

function parseSignaturesFirst(reader: WireReader): WireTransaction {
  const signatures = reader.list(reader.shortLength(), SIGNATURE_BYTES);
  let version: 'legacy' | 0 = 'legacy';
  if (reader.peek() >= VERSION_FLAG) {
    requireVersion(reader.u8() & 0x7f, 0);
    version = 0;
  }
  const signerCount = readHeader(reader);
  const staticKeys = reader.list(reader.shortLength(), KEY_BYTES).map(base58Encode);
  reader.take(KEY_BYTES); // The blockhash.
  const instructions = Array.from({ length: reader.shortLength() }, () => ({
    programIdIndex: reader.u8(),
    accounts: reader.take(reader.shortLength()),
    data: reader.take(reader.shortLength()),
  }));
  const lookupCount = version === 0 ? readLookups(reader) : 0;
  return { version, signature: first(signatures), signerCount, staticKeys, lookupCount, instructions };
}

/** Each table: its key, then positions of writable keys, then of readonly ones. */
function readLookups(reader: WireReader): number {
  let count = 0;
  for (let tables = reader.shortLength(); tables > 0; tables--) {
    reader.take(KEY_BYTES);
    count += reader.take(reader.shortLength()).length + reader.take(reader.shortLength()).length;
  }
  return count;
}

function parseMessageFirst(reader: WireReader): WireTransaction {
  requireVersion(reader.u8() & 0x7f, 1);
  const { signerCount, keys, instructions, signatures } = readVersion1(reader);
  const staticKeys = keys.map(base58Encode);
  return { version: 1, signature: first(signatures), signerCount, staticKeys, lookupCount: 0, instructions };
}

/** Required signatures, then two counts of readonly keys that a reader of events has no use for. */
function readHeader(reader: WireReader): number {
  const signerCount = reader.u8();
  reader.take(2);
  return signerCount;
}

function requireVersion(version: number, expected: number): void {
  if (version === expected) return;
  if (version <= 1) throw malformed('transaction', `version ${expected} in this envelope, not ${version}`);
  throw unsupportedVersion(version);
}

/** The error for a version that this package does not know. */
export function unsupportedVersion(version: unknown): AttentionOracleError {
  return new AttentionOracleError(
    'TRANSACTION_VERSION_UNSUPPORTED',
    `transaction version ${String(version)} is not known here: update @attention-oracle/sdk`,
    { version: String(version) },
  );
}

function first(signatures: readonly Uint8Array[]): string {
  if (signatures[0] === undefined) throw malformed('transaction.signatures', 'at least one signature');
  return base58Encode(signatures[0]);
}
