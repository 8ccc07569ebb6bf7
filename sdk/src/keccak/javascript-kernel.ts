import { keccak_256 } from '@noble/hashes/sha3.js';
import type { KeccakKernel } from './kernel.ts';

const NODE_BYTES = 32;

/** True when the left node of the pair at `start` sorts after the right one. */
function isPairReversed(nodes: Uint8Array, start: number): boolean {
  for (let i = start; i < start + NODE_BYTES; i++) {
    const left = nodes[i] as number;
    const right = nodes[i + NODE_BYTES] as number;
    if (left !== right) return left > right;
  }
  return false;
}

function hashPairs(nodes: Uint8Array, pairCount: number, out: Uint8Array): void {
  const swapped = new Uint8Array(2 * NODE_BYTES);
  for (let pair = 0; pair < pairCount; pair++) {
    const start = pair * 2 * NODE_BYTES;
    let input = nodes.subarray(start, start + 2 * NODE_BYTES);
    if (isPairReversed(nodes, start)) {
      swapped.set(input.subarray(NODE_BYTES), 0);
      swapped.set(input.subarray(0, NODE_BYTES), NODE_BYTES);
      input = swapped;
    }
    out.set(keccak_256(input), pair * NODE_BYTES);
  }
}

function hashMessages(bytes: Uint8Array, ends: Uint32Array, count: number, out: Uint8Array): void {
  let start = 0;
  for (let i = 0; i < count; i++) {
    const end = ends[i] as number;
    out.set(keccak_256(bytes.subarray(start, end)), i * NODE_BYTES);
    start = end;
  }
}

/** The fallback without WebAssembly: works under the strictest content security policy, some 20 times slower. */
export const javascriptKernel: KeccakKernel = { kind: 'javascript', hashPairs, hashMessages };
