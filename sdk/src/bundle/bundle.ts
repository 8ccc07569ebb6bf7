import { addressBytes, base58Encode, bytesToHex, hexToBytes } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { participantHash } from '../merkle/channel.ts';
import { toU64, type U64Input } from '../merkle/integers.ts';
import { type Claim, computeClaimLeaf, computeClaimLeafV1, computeParticipationLeaf } from '../merkle/leaves.ts';
import { verifyProof } from '../merkle/proof.ts';
import { participantOf, type Recipe } from '../merkle/recipes.ts';
import type { MerkleTree } from '../merkle/tree.ts';
import { parseProofBundle } from './parse.ts';
import { PROOF_BUNDLE_FORMAT, type ProofBundle } from './proof-bundle.ts';

/** What a bundle is made of: a tree, which of its leaves, and the claim that the leaf was made from. */
export interface ProofBundleInput {
  readonly tree: MerkleTree;
  /** The leaf's place in the tree. With recipe `participation` that is the user's place, not the claim's. */
  readonly index: number;
  readonly claim: Claim;
  /** `claim-v0` when not given. */
  readonly recipe?: Recipe;
  readonly channel: string;
  readonly epoch: U64Input;
  readonly settlementSignature?: string | null;
}

/**
 * Makes the bundle of one claim. It is verified before it is given out.
 * @throws AttentionOracleError LEAF_INDEX_OUT_OF_RANGE; BUNDLE_INVALID; BUNDLE_UNPROVABLE when the claim, channel, epoch
 * or recipe is not the one that the leaf was made from.
 */
export function createProofBundle(input: ProofBundleInput): ProofBundle {
  const { tree, index, claim } = input;
  const recipe = input.recipe ?? 'claim-v0';
  const subject =
    recipe === 'participation'
      ? { participation: { userHash: bytesToHex(participantHash(participantOf(claim.id))), index } }
      : {
          claim: {
            claimer: base58Encode(addressBytes(claim.claimer)),
            index,
            amount: toU64(claim.amount, 'amount').toString(),
            id: claim.id,
          },
        };
  const bundle = parseProofBundle({
    format: PROOF_BUNDLE_FORMAT,
    recipe,
    channel: input.channel,
    epoch: toU64(input.epoch, 'epoch').toString(),
    ...subject,
    proof: tree.proof(index).map(bytesToHex),
    root: tree.rootHex(),
    settlementSignature: input.settlementSignature ?? null,
  });
  if (verifyBundle(bundle)) return bundle;
  throw new AttentionOracleError('BUNDLE_UNPROVABLE', `leaf ${index} of the tree was not made from this claim`, {
    index,
    recipe,
  });
}

/**
 * Whether the bundle's claim is under its root. Works offline; that the root is on chain is for the reader to look up by
 * the settlement signature. Takes JSON text or the object.
 * @throws AttentionOracleError BUNDLE_INVALID when it is no bundle at all.
 */
export function verifyBundle(source: unknown): boolean {
  const bundle = parseProofBundle(source);
  return verifyProof(leafOf(bundle), bundle.proof.map(hexToBytes), hexToBytes(bundle.root));
}

function leafOf(bundle: ProofBundle): Uint8Array {
  const epoch = BigInt(bundle.epoch);
  if (bundle.recipe === 'participation') {
    const userHash = hexToBytes(bundle.participation.userHash);
    return computeParticipationLeaf({ userHash, channel: bundle.channel, epoch });
  }
  const claim = { ...bundle.claim, amount: BigInt(bundle.claim.amount) };
  return bundle.recipe === 'claim-v0'
    ? computeClaimLeaf(claim)
    : computeClaimLeafV1({ ...claim, channel: bundle.channel, epoch });
}
