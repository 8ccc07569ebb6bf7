import { base58Decode } from '../bytes.ts';
import { arrayAt, countAt, incomplete, malformed, objectAt, stringAt } from './malformed.ts';
import { parseWireTransaction, unsupportedVersion, type WireInstruction } from './wire-transaction.ts';

type Json = Readonly<Record<string, unknown>>;

/** What the three encodings have in common once they are read. */
export interface TransactionForm {
  version: 'legacy' | 0 | 1;
  signature: string;
  signers: string[];
  /** All account keys in the order that instruction indexes mean: static, lookups writable, lookups readonly. */
  keys: readonly string[];
  /** Top-level instructions: as JSON (with base58 data) or as wire instructions. */
  instructions: readonly unknown[] | readonly WireInstruction[];
}

/**
 * Reads the `transaction` and `version` of an answer, whatever its encoding.
 * @throws AttentionOracleError TRANSACTION_INCOMPLETE, TRANSACTION_MALFORMED, TRANSACTION_VERSION_UNSUPPORTED
 */
export function readTransactionForm(response: Json, meta: Json): TransactionForm {
  const { transaction } = response;
  if (Array.isArray(transaction)) return wireForm(encodedBytes(transaction), response.version, meta);
  const { message, signatures } = objectAt(transaction, 'transaction');
  const signature = stringAt(arrayAt(signatures, 'transaction.signatures')[0], 'transaction.signatures[0]');
  const { accountKeys, header, instructions } = objectAt(message, 'transaction.message');
  const keys = arrayAt(accountKeys, 'transaction.message.accountKeys');
  const common = {
    version: versionOf(response.version),
    signature,
    instructions: arrayAt(instructions, 'transaction.message.instructions'),
  };
  if (typeof keys[0] === 'string') {
    const { numRequiredSignatures } = objectAt(header, 'transaction.message.header');
    const signerCount = countAt(numRequiredSignatures, 'transaction.message.header.numRequiredSignatures');
    const staticKeys = keys as readonly string[];
    requireLookups(common.version, meta);
    return { ...common, keys: withLookups(staticKeys, meta), signers: signersOf(staticKeys, signerCount) };
  }
  return { ...common, ...parsedKeys(keys) };
}

/** jsonParsed lists the keys of lookup tables among the others, in the same order, and marks the signers. */
function parsedKeys(accountKeys: readonly unknown[]): Pick<TransactionForm, 'keys' | 'signers'> {
  const keys: string[] = [];
  const signers: string[] = [];
  for (const [i, entry] of accountKeys.entries()) {
    const where = `transaction.message.accountKeys[${i}]`;
    const { pubkey, signer } = objectAt(entry, where);
    keys.push(stringAt(pubkey, `${where}.pubkey`));
    if (signer === true) signers.push(pubkey as string);
  }
  return { keys, signers };
}

function wireForm(bytes: Uint8Array, version: unknown, meta: Json): TransactionForm {
  const wire = parseWireTransaction(bytes);
  if (version !== undefined && versionOf(version) !== wire.version) {
    throw malformed('version', `${wire.version}, as in the transaction's bytes`);
  }
  if (wire.lookupCount > 0) requireLookups(wire.version, meta);
  const keys = withLookups(wire.staticKeys, meta);
  if (keys.length !== wire.staticKeys.length + wire.lookupCount) {
    throw malformed('meta.loadedAddresses', `${wire.lookupCount} addresses`);
  }
  return { ...wire, keys, signers: signersOf(wire.staticKeys, wire.signerCount) };
}

/** Signers stand first among the keys. */
function signersOf(staticKeys: readonly string[], count: number): string[] {
  if (count > staticKeys.length) throw malformed('numRequiredSignatures', `at most ${staticKeys.length}`);
  return staticKeys.slice(0, count).map((key, i) => stringAt(key, `transaction.message.accountKeys[${i}]`));
}

/** Only version 0 has lookup tables; a node that gives one gives their addresses too, and none as empty lists. */
function requireLookups(version: 'legacy' | 0 | 1, meta: Json): void {
  if (version !== 0 || (meta.loadedAddresses !== undefined && meta.loadedAddresses !== null)) return;
  throw incomplete('meta.loadedAddresses', 'a version 0 transaction may name its programs there');
}

function withLookups(staticKeys: readonly string[], meta: Json): readonly string[] {
  const loaded = meta.loadedAddresses as { writable?: unknown; readonly?: unknown } | null | undefined;
  if (loaded === undefined || loaded === null) return staticKeys;
  const writable = arrayAt(loaded.writable ?? [], 'meta.loadedAddresses.writable') as string[];
  const readonly = arrayAt(loaded.readonly ?? [], 'meta.loadedAddresses.readonly') as string[];
  return writable.length + readonly.length === 0 ? staticKeys : [...staticKeys, ...writable, ...readonly];
}

/** A node that was asked without maxSupportedTransactionVersion leaves the version out, and answers legacy ones only. */
function versionOf(version: unknown): 'legacy' | 0 | 1 {
  if (version === undefined || version === 'legacy') return 'legacy';
  if (version === 0 || version === 1) return version;
  throw unsupportedVersion(version);
}

function encodedBytes([text, encoding]: readonly unknown[]): Uint8Array {
  const encoded = stringAt(text, 'transaction[0]');
  if (encoding === 'base58') return base58Decode(encoded);
  if (encoding !== 'base64') throw malformed('transaction[1]', '"base64" or "base58"');
  let binary: string;
  try {
    binary = atob(encoded);
  } catch {
    throw malformed('transaction[0]', 'base64 text');
  }
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
