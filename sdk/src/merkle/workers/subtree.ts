import type { KeccakKernel } from '../../keccak/kernel.ts';
import { hashLevels, type OddNode } from '../levels.ts';
import { buffersToTransfer } from '../shared-memory.ts';

/** Levels above the leaves that one job covers: 16,384 leaves, some milliseconds of work. */
export const SUBTREE_HEIGHT = 14;
export const SUBTREE_LEAVES = 2 ** SUBTREE_HEIGHT;

/** The inputs of a job, in memory that a worker and its host use in turn. */
export interface SubtreeInput {
  /** Leaves end to end when the job has none to hash, else what they are the hashes of, end to end. */
  readonly bytes: Uint8Array;
  /** Where each input ends. */
  readonly ends: Uint32Array;
}

/** A run of neighbouring leaves. Its memory is shared or handed over, not copied. */
export interface SubtreeJob {
  readonly id: number;
  readonly leafCount: number;
  readonly oddNode: OddNode;
  readonly areLeavesHashed: boolean;
  readonly input: SubtreeInput;
  /** Where levels 0 to {@link SUBTREE_HEIGHT} go. */
  readonly levels: readonly Uint8Array[];
}

/** The answer to a job: its memory, with the levels filled. */
export interface SubtreeResult {
  readonly id: number;
  readonly input: SubtreeInput;
  readonly levels: readonly Uint8Array[];
}

/** What a message must hand over for its memory to go along. */
export function transferOf({ input, levels }: SubtreeJob | SubtreeResult): ArrayBuffer[] {
  return buffersToTransfer([input.bytes.buffer, input.ends.buffer, ...levels.map((level) => level.buffer)]);
}

/**
 * Nodes a level of a subtree. The last subtree may have fewer leaves; it goes on to the full height all the same,
 * as an odd last node does in a tree that is larger than one subtree.
 */
export function subtreeSizes(leafCount: number): number[] {
  return Array.from({ length: SUBTREE_HEIGHT + 1 }, (_, level) => Math.ceil(leafCount / 2 ** level));
}

/** Hashes one subtree of a tree that has at least two. */
export function hashSubtree(kernel: KeccakKernel, job: SubtreeJob): SubtreeResult {
  const { id, input, levels } = job;
  const leaves = levels[0] as Uint8Array;
  if (job.areLeavesHashed) leaves.set(input.bytes.subarray(0, leaves.length));
  else kernel.hashMessages(input.bytes, input.ends, job.leafCount, leaves);
  hashLevels(kernel, levels, job.oddNode);
  return { id, input, levels };
}
