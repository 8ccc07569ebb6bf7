import { base58Decode, HASH_BYTES, U64_MAX } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { type BundledTree, PROOF_BUNDLE_FORMAT, type ProofBundle } from './proof-bundle.ts';

const SIGNATURE_BYTES = 64;
const MAX_PROOF_NODES = 64;
const HASH_DIGITS = /^[0-9a-fA-F]{64}$/;
const U64_DIGITS = /^(0|[1-9][0-9]{0,19})$/;

type Fields = Readonly<Record<string, unknown>>;

/**
 * A bundle from JSON text or from the object it stands for, checked field by field; fields unknown to this version are
 * left out.
 * @throws AttentionOracleError BUNDLE_INVALID, with the field's path in the context.
 */
export function parseProofBundle(source: unknown): ProofBundle {
  const bundle = fieldsOf(typeof source === 'string' ? parseJson(source) : source, 'bundle');
  if (bundle.format !== PROOF_BUNDLE_FORMAT) throw invalid('format', `must be ${PROOF_BUNDLE_FORMAT}`);
  const { recipe } = bundle;
  const common = {
    format: PROOF_BUNDLE_FORMAT,
    channel: text(bundle.channel, 'channel'),
    epoch: u64(bundle.epoch, 'epoch'),
    proof: proofNodes(bundle.proof),
    root: hash(bundle.root, 'root'),
    ...(bundle.tree === undefined ? {} : { tree: treeForm(bundle.tree) }),
    settlementSignature: signature(bundle.settlementSignature),
  } as const;
  if (recipe === 'claim-v0' || recipe === 'claim-v1') {
    const claim = fieldsOf(bundle.claim, 'claim');
    return {
      ...common,
      recipe,
      claim: {
        claimer: base58(claim.claimer, HASH_BYTES, 'claim.claimer'),
        index: u32(claim.index, 'claim.index'),
        amount: u64(claim.amount, 'claim.amount'),
        id: text(claim.id, 'claim.id'),
      },
    };
  }
  if (recipe === 'participation') {
    const participation = fieldsOf(bundle.participation, 'participation');
    return {
      ...common,
      recipe,
      participation: {
        userHash: hash(participation.userHash, 'participation.userHash'),
        index: u32(participation.index, 'participation.index'),
      },
    };
  }
  throw invalid('recipe', 'must be claim-v0, claim-v1 or participation');
}

function invalid(field: string, problem: string, cause?: unknown): AttentionOracleError {
  return new AttentionOracleError('BUNDLE_INVALID', `proof bundle: ${field} ${problem}`, { field }, { cause });
}

function parseJson(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch (cause) {
    throw invalid('bundle', 'is not JSON', cause);
  }
}

function fieldsOf(value: unknown, field: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw invalid(field, 'must be an object');
}

function text(value: unknown, field: string): string {
  if (typeof value === 'string') return value;
  throw invalid(field, 'must be text');
}

function u64(value: unknown, field: string): string {
  if (typeof value === 'string' && U64_DIGITS.test(value) && BigInt(value) <= U64_MAX) return value;
  throw invalid(field, 'must be the decimal digits, as text, of a number from 0 to 2^64-1');
}

function u32(value: unknown, field: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff) return value;
  throw invalid(field, 'must be an integer from 0 to 2^32-1');
}

function treeForm(value: unknown): BundledTree {
  const { leafCount, oddNode } = fieldsOf(value, 'tree');
  if (oddNode !== 'duplicate' && oddNode !== 'promote') throw invalid('tree.oddNode', 'must be duplicate or promote');
  return { leafCount: u32(leafCount, 'tree.leafCount'), oddNode };
}

function hash(value: unknown, field: string): string {
  if (typeof value === 'string' && HASH_DIGITS.test(value)) return value.toLowerCase();
  throw invalid(field, 'must be 64 hexadecimal digits, without 0x');
}

function base58(value: unknown, byteCount: number, field: string): string {
  const encoded = text(value, field);
  try {
    if (base58Decode(encoded).length === byteCount) return encoded;
  } catch (cause) {
    throw invalid(field, 'must be base58', cause);
  }
  throw invalid(field, `must be the base58 of ${byteCount} bytes`);
}

function signature(value: unknown): string | null {
  return value === null || value === undefined ? null : base58(value, SIGNATURE_BYTES, 'settlementSignature');
}

function proofNodes(value: unknown): string[] {
  if (!Array.isArray(value) || value.length > MAX_PROOF_NODES) {
    throw invalid('proof', `must be a list of at most ${MAX_PROOF_NODES} nodes`);
  }
  return value.map((node, i) => hash(node, `proof[${i}]`));
}
