/** Which implementation answers: the SIMD WebAssembly kernel, or plain JavaScript where that cannot run. */
export type KeccakKernelKind = 'wasm-simd' | 'javascript';

/**
 * Keccak-256 over whole batches. Every method writes 32-byte hashes, one after another, at the start of `out`;
 * `out` must not overlap the input.
 */
export interface KeccakKernel {
  readonly kind: KeccakKernelKind;
  /** Hashes `pairCount` pairs of neighbouring 32-byte nodes, each pair put in byte order first: a tree's inner nodes. */
  hashPairs(nodes: Uint8Array, pairCount: number, out: Uint8Array): void;
  /** Hashes `count` messages that lie end to end in `bytes`; message i ends at `ends[i]`. */
  hashMessages(bytes: Uint8Array, ends: Uint32Array, count: number, out: Uint8Array): void;
}
