/** The legacy system's tree of participants. */

import { computeParticipationLeaf, hexToBytes, MerkleTree } from '@attention-oracle/sdk';

/** @returns its root in hexadecimal; null for no users. */
export function legacyTree(channel: string, epoch: bigint, userHashes: readonly string[]): string | null {
  if (userHashes.length === 0) return null;
  const leaves = userHashes.map((hash) => computeParticipationLeaf({ userHash: hexToBytes(hash), channel, epoch }));
  return MerkleTree.fromLeaves(leaves, { oddNode: 'duplicate' }).rootHex();
}
