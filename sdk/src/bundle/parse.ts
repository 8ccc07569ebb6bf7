import { HASH_BYTES } from '../bytes.ts';
import { base58, fieldsOf, hash, invalid, text, u32, u64 } from './fields.ts';
import { parseReceipt, SIGNATURE_BYTES } from './parse-receipt.ts';
import { type BundledTree, PROOF_BUNDLE_FORMAT, type ProofBundle } from './proof-bundle.ts';

const MAX_PROOF_NODES = 64;

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
    ...(bundle.receipt == null ? {} : { receipt: parseReceipt(bundle.receipt) }),
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

function parseJson(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch (cause) {
    throw invalid('bundle', 'is not JSON', cause);
  }
}

function treeForm(value: unknown): BundledTree {
  const { leafCount, oddNode } = fieldsOf(value, 'tree');
  if (oddNode !== 'duplicate' && oddNode !== 'promote') throw invalid('tree.oddNode', 'must be duplicate or promote');
  return { leafCount: u32(leafCount, 'tree.leafCount'), oddNode };
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
