/** A proof checked here by the SDK: the leaf is made again of the claim, and hashed up to the root. Pure. */

import {
  bytesToHex,
  hexToBytes,
  type ProofBundle,
  parseProofBundle,
  participantHash,
  participantOf,
  rootOfProof,
  verifyBundle,
} from '@attention-oracle/sdk';
import type { ProofQuery } from '../operations.generated.ts';

export type ServedProof = NonNullable<ProofQuery['proof']>;

/** One level of the way up. */
export interface Rung {
  readonly sibling: string;
  /** Of both in byte order. */
  readonly node: string;
}

export interface Checked {
  readonly bundle: ProofBundle;
  readonly holds: boolean;
  readonly rungs: readonly Rung[];
}

/** @param leafCount Of the root. @throws AttentionOracleError where what is served is no proof at all. */
export function checkProof(proof: ServedProof, leafCount: number): Checked {
  const { channel, epoch, index, user, amount, id, root, recipe, signature } = proof;
  const subject =
    recipe === 'participation'
      ? { participation: { userHash: bytesToHex(participantHash(participantOf(id))), index } }
      : { claim: { claimer: user, index, amount, id } };
  const bundle = parseProofBundle({
    ...{ format: 'attention-oracle/proof-bundle/1', recipe, channel, epoch, root, ...subject },
    ...{ proof: proof.proof, tree: { leafCount, oddNode: proof.oddNode.toLowerCase() } },
    // What is no signature is left out: the check needs none.
    settlementSignature: isSignature(signature) ? signature : null,
  });
  return { bundle, holds: verifyBundle(bundle), rungs: rungsOf(proof.leaf, proof.proof) };
}

function isSignature(text: string | null): boolean {
  return text !== null && /^[1-9A-HJ-NP-Za-km-z]{86,88}$/.test(text);
}

function rungsOf(leaf: string, proof: readonly string[]): Rung[] {
  const siblings = proof.map(hexToBytes);
  return proof.map((sibling, level) => ({
    sibling,
    node: bytesToHex(rootOfProof(hexToBytes(leaf), siblings.slice(0, level + 1))),
  }));
}
