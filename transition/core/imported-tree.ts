/** Trees of the legacy system, made again from their leaves: what does not give its root is kept and held. Pure. */

import { hexToBytes, MerkleTree, type OddNode } from '@attention-oracle/sdk';
import { z } from 'zod';
import { participationLeaves } from './legacy-tree.ts';

/** A row of sealed_epochs with its participants, or of l2_tree_cache. */
export interface LegacyTreeRow {
  readonly kind: 'participation' | 'claims';
  /** As the legacy system wrote it. */
  readonly channel: string;
  readonly epoch: bigint;
  readonly root: string;
  /** Of a participation tree, by idx. */
  readonly participants: readonly { readonly idx: number; readonly user_hash: string }[];
  /** Of a claims tree: levels_json. */
  readonly levels: string | null;
  /** Of a claims tree: participant_count. */
  readonly count: number | null;
}

export interface SoundTree {
  readonly held: null;
  readonly count: number;
  readonly oddNode: OddNode;
  /** All nodes, level by level from the leaves up, 32 bytes each. */
  readonly nodes: Uint8Array;
}

export interface HeldTree {
  /** Why no proof of it can be served, one sentence. */
  readonly held: string;
  /** Leaves that are told; 0 where none is. */
  readonly count: number;
}

const HASH = /^(0x)?[0-9a-fA-F]{64}$/;
const levelsShape = z.array(z.array(z.string().regex(HASH)).min(1)).min(1);

/** Whether the leaves give the root, by either rule for odd levels. */
export function remakeTree(row: LegacyTreeRow): SoundTree | HeldTree {
  const told = row.kind === 'participation' ? row.participants.length : (row.count ?? 0);
  const held = (why: string): HeldTree => ({ held: why, count: told });
  if (!HASH.test(row.root)) return held('Its root is not 32 bytes in hexadecimal.');
  const leaves = row.kind === 'participation' ? leavesOfParticipants(row) : leavesOfLevels(row);
  if (typeof leaves === 'string') return held(leaves);
  const root = plain(row.root);
  for (const oddNode of ['duplicate', 'promote'] as const) {
    const tree = MerkleTree.fromLeaves(leaves, { oddNode });
    if (tree.rootHex() === root) return { held: null, count: tree.size, oddNode, nodes: concatenated(tree.levels) };
  }
  return held(
    `Its ${leaves.length} leaves give root ${MerkleTree.fromLeaves(leaves).rootHex()}, not the one that was kept.`,
  );
}

function leavesOfParticipants({ channel, epoch, participants }: LegacyTreeRow): Uint8Array[] | string {
  if (participants.length === 0) return 'No participants are kept for it.';
  const wrong = participants.findIndex(({ idx, user_hash: hash }, at) => idx !== at || !HASH.test(hash));
  if (wrong >= 0) return `Participant ${wrong} is missing, doubled, or has no hash of 32 bytes.`;
  return participationLeaves(
    channel,
    epoch,
    participants.map(({ user_hash: hash }) => plain(hash)),
  );
}

/** @returns the leaves, or why there are none, one sentence. */
export function leavesOfLevels({ levels, count }: Pick<LegacyTreeRow, 'levels' | 'count'>): Uint8Array[] | string {
  let json: unknown;
  try {
    json = JSON.parse(levels ?? '');
  } catch {
    return 'Its levels are no JSON.';
  }
  const { success, data } = levelsShape.safeParse(json);
  if (!success) return 'Its levels are no lists of hashes of 32 bytes.';
  // Written from the leaves up or from the root down: the leaves are the longer end.
  const first = data[0] as string[];
  const last = data.at(-1);
  const leaves = first.length >= last.length ? first : last;
  if (count !== null && count !== leaves.length)
    return `It tells of ${count} participants and has ${leaves.length} leaves.`;
  return leaves.map((leaf) => hexToBytes(plain(leaf)));
}

function concatenated(levels: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(levels));
}

function plain(hex: string): string {
  return hex.replace(/^0x/, '').toLowerCase();
}
