import { bytesToHex } from '../bytes.ts';
import { participantHash } from '../merkle/channel.ts';
import { participantOf } from '../merkle/recipes.ts';
import { parseProofBundle } from './parse.ts';
import { PROOF_BUNDLE_FORMAT, type ProofBundle } from './proof-bundle.ts';

/** A proof as a gateway serves it. */
export interface ServedProof {
  readonly channel: string;
  readonly epoch: string | bigint;
  readonly index: number;
  readonly user: string;
  readonly amount: string | bigint;
  readonly id: string;
  readonly proof: readonly string[];
  readonly root: string;
  readonly recipe: string;
  readonly oddNode: 'DUPLICATE' | 'PROMOTE';
  /** Of the ledger. */
  readonly signature: string | null;
}

/** A receipt as a gateway serves it. */
export interface ServedReceipt {
  readonly root: string;
  readonly signature: string;
  readonly slot: string | bigint;
  readonly blockTime: string | Date | null;
  readonly feeLamports: string | bigint | null;
  readonly streamPartition: number;
  readonly sightings: readonly { readonly listener: string; readonly streamOffset: string | bigint | null }[];
  readonly verdicts: readonly {
    readonly listener: string;
    readonly endpoint: string;
    readonly method: string;
    readonly verdict: string;
  }[];
}

/**
 * The bundle of a proof that a gateway gave, with the receipt of its root where it has one; the transaction is then the one that listeners
 * saw. Not verified: give it to `verifyBundle`.
 * @param leafCount Of the root. @throws AttentionOracleError BUNDLE_INVALID
 */
export function bundleOfProof(
  proof: ServedProof,
  leafCount: number,
  receipt: ServedReceipt | null = null,
): ProofBundle {
  const { channel, epoch, index, user, amount, id, root, recipe } = proof;
  const subject =
    recipe === 'participation'
      ? { participation: { userHash: bytesToHex(participantHash(participantOf(id))), index } }
      : { claim: { claimer: user, index, amount: amount.toString(), id } };
  return parseProofBundle({
    ...{ format: PROOF_BUNDLE_FORMAT, recipe, channel, epoch: epoch.toString(), root, proof: proof.proof, ...subject },
    tree: { leafCount, oddNode: proof.oddNode.toLowerCase() },
    settlementSignature: receipt?.signature ?? proof.signature,
    receipt: receipt && receiptOf(receipt),
  });
}

function receiptOf({
  root,
  signature,
  slot,
  blockTime,
  feeLamports,
  streamPartition,
  ...lists
}: ServedReceipt): object {
  return {
    ...{ root, signature, slot: slot.toString() },
    blockTime: blockTime === null ? null : String(Math.floor(new Date(blockTime).getTime() / 1000)),
    feeLamports: feeLamports === null ? null : feeLamports.toString(),
    seenBy: lists.sightings.map(({ listener, streamOffset }) => ({
      ...{ listener, partition: streamPartition, offset: streamOffset === null ? null : streamOffset.toString() },
    })),
    verdicts: lists.verdicts.map(({ verdict, ...endpoint }) => ({ ...endpoint, verdict: verdict.toLowerCase() })),
  };
}
