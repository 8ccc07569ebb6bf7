/** The legacy system's tree of participants. */

import { computeParticipationLeaf, hexToBytes, MerkleTree } from '@attention-oracle/sdk';

/** @param userHashes In the order of the leaves, hexadecimal. */
export function participationLeaves(channel: string, epoch: bigint, userHashes: readonly string[]): Uint8Array[] {
  return userHashes.map((hash) => computeParticipationLeaf({ userHash: hexToBytes(hash), channel, epoch }));
}

/** @returns its root in hexadecimal; null for no users. */
export function legacyTree(channel: string, epoch: bigint, userHashes: readonly string[]): string | null {
  if (userHashes.length === 0) return null;
  return MerkleTree.fromLeaves(participationLeaves(channel, epoch, userHashes), { oddNode: 'duplicate' }).rootHex();
}
