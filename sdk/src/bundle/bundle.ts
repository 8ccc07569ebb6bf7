import { addressBytes, base58Encode, bytesToHex, hexToBytes } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { participantHash } from '../merkle/channel.ts';
import { toU64, type U64Input } from '../merkle/integers.ts';
import { type Claim, computeClaimLeaf, computeClaimLeafV1, computeParticipationLeaf } from '../merkle/leaves.ts';
import { proofPositions, rootOfProof, verifyProof } from '../merkle/proof.ts';
import { participantOf, type Recipe } from '../merkle/recipes.ts';
import type { MerkleTree } from '../merkle/tree.ts';
import { parseProofBundle } from './parse.ts';
import { type BundledReceipt, PROOF_BUNDLE_FORMAT, type ProofBundle } from './proof-bundle.ts';
import { type BundleProblem, receiptProblems } from './receipt.ts';
import { type BundleVerdict, type OnlineCheck, verifyOnline } from './verify-online.ts';

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
  readonly receipt?: BundledReceipt;
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
    tree: { leafCount: tree.size, oddNode: tree.oddNode },
    settlementSignature: input.settlementSignature ?? null,
    receipt: input.receipt,
  });
  if (verifyBundle(bundle)) return bundle;
  throw new AttentionOracleError('BUNDLE_UNPROVABLE', `leaf ${index} of the tree was not made from this claim`, {
    index,
    recipe,
  });
}

/**
 * Whether the bundle's claim is a leaf under its root, at its index, with the whole path that a leaf there has, and its receipt (where
 * it has one) contradicts neither the bundle nor itself. Works offline; that the root is on chain the chain must be asked.
 * Takes JSON text or the object.
 * @throws AttentionOracleError BUNDLE_INVALID when it is no bundle at all.
 */
export function verifyBundle(source: unknown): boolean;
/**
 * The same, and what a node says of the settlement: its finalised transaction must publish this root for this channel and epoch, in the slot,
 * at the block time and for the fee of the receipt. A node that does not answer, or has no such transaction, makes nothing valid.
 * @throws AttentionOracleError BUNDLE_INVALID when it is no bundle at all.
 * @example
 * const { verdict, problems } = await verifyBundle(text, { rpc: 'https://api.mainnet-beta.solana.com', mint });
 */
export function verifyBundle(source: unknown, check: OnlineCheck): Promise<BundleVerdict>;
export function verifyBundle(source: unknown, check?: OnlineCheck): boolean | Promise<BundleVerdict> {
  const bundle = parseProofBundle(source);
  const problems = bundleProblems(bundle);
  return check === undefined ? problems.length === 0 : verifyOnline(bundle, problems, check);
}

/** What is wrong with a bundle by itself. */
function bundleProblems(bundle: ProofBundle): BundleProblem[] {
  const proof = bundle.proof.map(hexToBytes);
  const leaf = leafOf(bundle);
  const leads = verifyProof(leaf, proof, hexToBytes(bundle.root)) && isWholePath(bundle, leaf, proof);
  const ofProof = leads ? [] : [{ field: 'proof', text: 'does not lead from this claim to the root' }];
  return [...ofProof, ...receiptProblems(bundle)];
}

/** Whether the proof is as long as that of a leaf at this index, and pairs a lonely node with itself where it must. */
function isWholePath(bundle: ProofBundle, leaf: Uint8Array, proof: readonly Uint8Array[]): boolean {
  const { index } = bundle.recipe === 'participation' ? bundle.participation : bundle.claim;
  if (bundle.tree === undefined) return true;
  const { leafCount, oddNode } = bundle.tree;
  if (index >= leafCount) return false;
  const positions = proofPositions(leafCount, index, oddNode);
  if (positions.length !== proof.length) return false;
  return positions.every(({ level, index: sibling }, step) => {
    const isOwnTwin = sibling === Math.floor(index / 2 ** level);
    const node = isOwnTwin ? bytesToHex(rootOfProof(leaf, proof.slice(0, step))) : undefined;
    return node === undefined || node === bytesToHex(proof[step] as Uint8Array);
  });
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
