import { HASH_BYTES } from '../../bytes.ts';
import type { KeccakKernel } from '../../keccak/kernel.ts';
import { hashLevels, type OddNode } from '../levels.ts';

/** Levels above the leaves that one job covers: 16,384 leaves, some milliseconds of work. */
export const SUBTREE_HEIGHT = 14;
export const SUBTREE_LEAVES = 2 ** SUBTREE_HEIGHT;

/** Memory that travels to a worker and back, so that a large tree is made in a few of these. */
export interface SubtreeMemory {
  /** Leaves end to end when the job has none to hash, else their inputs end to end. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each input ends. */
  readonly ends: Uint32Array<ArrayBuffer>;
  /** The answer: levels 0 to {@link SUBTREE_HEIGHT}, end to end. */
  readonly levels: Uint8Array<ArrayBuffer>;
}

/** A run of neighbouring leaves. Its memory is handed over, not copied. */
export interface SubtreeJob {
  readonly id: number;
  readonly leafCount: number;
  readonly oddNode: OddNode;
  readonly areLeavesHashed: boolean;
  readonly memory: SubtreeMemory;
}

/** The answer to a job; the memory comes back with it. */
export interface SubtreeResult {
  readonly id: number;
  readonly memory: SubtreeMemory;
}

/** What a message must hand over for the memory to go along. */
export function transferOf({ bytes, ends, levels }: SubtreeMemory): ArrayBuffer[] {
  return [bytes.buffer, ends.buffer, levels.buffer];
}

/** Room for the levels of a whole subtree. */
export const SUBTREE_BYTES = subtreeSizes(SUBTREE_LEAVES).reduce((sum, size) => sum + size, 0) * HASH_BYTES;

/**
 * Nodes a level of a subtree. The last subtree may have fewer leaves; it goes on to the full height all the same,
 * as an odd last node does in a tree that is larger than one subtree.
 */
export function subtreeSizes(leafCount: number): number[] {
  return Array.from({ length: SUBTREE_HEIGHT + 1 }, (_, level) => Math.ceil(leafCount / 2 ** level));
}

/** Views of the levels of a subtree that lie end to end in `bytes`. */
export function subtreeLevels(bytes: Uint8Array, leafCount: number): Uint8Array[] {
  let start = 0;
  return subtreeSizes(leafCount).map((size) => bytes.subarray(start, (start += size * HASH_BYTES)));
}

/** Hashes one subtree of a tree that has at least two. */
export function hashSubtree(kernel: KeccakKernel, job: SubtreeJob): SubtreeResult {
  const { bytes, ends } = job.memory;
  const levels = subtreeLevels(job.memory.levels, job.leafCount);
  const leaves = levels[0] as Uint8Array;
  if (job.areLeavesHashed) leaves.set(bytes.subarray(0, leaves.length));
  else kernel.hashMessages(bytes, ends, job.leafCount, leaves);
  hashLevels(kernel, levels, job.oddNode);
  return { id: job.id, memory: job.memory };
}
