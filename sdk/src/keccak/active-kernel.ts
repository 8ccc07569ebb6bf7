import { AttentionOracleError } from '../errors.ts';
import { javascriptKernel } from './javascript-kernel.ts';
import type { KeccakKernel, KeccakKernelKind } from './kernel.ts';
import { instantiateWasmKernel, instantiateWasmKernelAsync } from './wasm-kernel.ts';

let active: KeccakKernel | undefined;
// Kept once compiled: a new instance would have to be optimised by the engine again.
let wasm: KeccakKernel | undefined;

function wasmKernel(): KeccakKernel | undefined {
  wasm ??= instantiateWasmKernel();
  return wasm;
}

/** The kernel in use; the first call chooses it: WebAssembly where it runs, JavaScript elsewhere. */
export function activeKernel(): KeccakKernel {
  active ??= wasmKernel() ?? javascriptKernel;
  return active;
}

/** Which kernel hashes; chooses one when none has been chosen. */
export function keccakKernel(): KeccakKernelKind {
  return activeKernel().kind;
}

/**
 * Compiles the WebAssembly kernel asynchronously. Needed only in a browser that refuses to compile on its main thread;
 * everything works without it. Gives the kernel that is in use from now on.
 */
export async function initKeccak(): Promise<KeccakKernelKind> {
  wasm ??= await instantiateWasmKernelAsync();
  active = wasm ?? javascriptKernel;
  return active.kind;
}

/**
 * Forces a kernel for all later hashes of this thread, for comparisons and for hosts that must not compile code.
 * Both give the same hashes.
 * @throws AttentionOracleError KERNEL_UNAVAILABLE when WebAssembly is missing or forbidden here.
 */
export function useKeccakKernel(kind: KeccakKernelKind): void {
  const kernel = kind === 'javascript' ? javascriptKernel : wasmKernel();
  if (!kernel) {
    throw new AttentionOracleError('KERNEL_UNAVAILABLE', 'WebAssembly with SIMD is missing or forbidden here', {
      kind,
    });
  }
  active = kernel;
}
