import { HASH_BYTES } from '../bytes.ts';
import type { KeccakKernel } from '../keccak/kernel.ts';

/** What happens to the last node of a level with an odd number: paired with itself, or moved up unchanged. */
export type OddNode = 'duplicate' | 'promote';

/** Nodes a level, leaves first, root last: each level has half of the one below, rounded up. */
export function levelSizes(leafCount: number): number[] {
  const sizes = [leafCount];
  for (let size = leafCount; size > 1; ) sizes.push((size = Math.ceil(size / 2)));
  return sizes;
}

/** Zeroed levels for so many leaves, all in one buffer. */
export function allocateLevels(leafCount: number): Uint8Array[] {
  const sizes = levelSizes(leafCount);
  return layOutLevels(new ArrayBuffer(levelsByteLength(sizes)), sizes);
}

/** Bytes of levels of these sizes. */
export function levelsByteLength(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0) * HASH_BYTES;
}

/** Levels of these sizes, end to end in a buffer. */
export function layOutLevels(buffer: ArrayBufferLike, sizes: readonly number[]): Uint8Array[] {
  let start = 0;
  return sizes.map((size) => {
    const level = new Uint8Array(buffer, start, size * HASH_BYTES);
    start += level.length;
    return level;
  });
}

/** Fills `parents` from `nodes`, one level up. */
export function hashLevel(kernel: KeccakKernel, nodes: Uint8Array, parents: Uint8Array, oddNode: OddNode): void {
  const pairCount = Math.floor(nodes.length / HASH_BYTES / 2);
  kernel.hashPairs(nodes, pairCount, parents);
  if (nodes.length === 2 * pairCount * HASH_BYTES) return;
  const last = nodes.subarray(2 * pairCount * HASH_BYTES);
  const parent = parents.subarray(pairCount * HASH_BYTES);
  if (oddNode === 'promote') {
    parent.set(last);
    return;
  }
  const twice = new Uint8Array(2 * HASH_BYTES);
  twice.set(last, 0);
  twice.set(last, HASH_BYTES);
  kernel.hashPairs(twice, 1, parent);
}

/** Fills every level above the leaves, which are there already. */
export function hashLevels(kernel: KeccakKernel, levels: readonly Uint8Array[], oddNode: OddNode): void {
  for (let i = 1; i < levels.length; i++) {
    hashLevel(kernel, levels[i - 1] as Uint8Array, levels[i] as Uint8Array, oddNode);
  }
}
