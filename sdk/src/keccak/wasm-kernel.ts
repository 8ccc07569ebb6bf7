import { javascriptKernel } from './javascript-kernel.ts';
import { KERNEL_WASM_BASE64 } from './kernel.generated.ts';
import type { KeccakKernel } from './kernel.ts';

const HASH_BYTES = 32;

/** What assembly/index.ts exports. */
interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  input(): number;
  ends(): number;
  output(): number;
  inputBytes(): number;
  capacity(): number;
  hashPairs(count: number): void;
  hashMessages(count: number): void;
}

/** The part of WebAssembly used here, named so that the package's types need no DOM library. */
interface WebAssemblyHost {
  readonly Module: new (wasm: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
  instantiate(wasm: Uint8Array): Promise<{ readonly instance: { readonly exports: unknown } }>;
}

function webAssembly(): WebAssemblyHost | undefined {
  return (globalThis as { WebAssembly?: WebAssemblyHost }).WebAssembly;
}

function kernelWasm(): Uint8Array {
  return Uint8Array.from(atob(KERNEL_WASM_BASE64), (character) => character.charCodeAt(0));
}

/** The SIMD kernel, or undefined where WebAssembly is missing, forbidden (content security policy) or has no SIMD. */
export function instantiateWasmKernel(): KeccakKernel | undefined {
  const host = webAssembly();
  if (!host) return undefined;
  try {
    return wrapExports(new host.Instance(new host.Module(kernelWasm())).exports as KernelExports);
  } catch {
    return undefined;
  }
}

/** As {@link instantiateWasmKernel}, where the host refuses to compile while it is waited for. */
export async function instantiateWasmKernelAsync(): Promise<KeccakKernel | undefined> {
  const host = webAssembly();
  if (!host) return undefined;
  try {
    return wrapExports((await host.instantiate(kernelWasm())).instance.exports as KernelExports);
  } catch {
    return undefined;
  }
}

function wrapExports(kernel: KernelExports): KeccakKernel {
  const batchHashes = kernel.capacity();
  const input = new Uint8Array(kernel.memory.buffer, kernel.input(), kernel.inputBytes());
  const ends = new Uint32Array(kernel.memory.buffer, kernel.ends(), batchHashes);
  const output = new Uint8Array(kernel.memory.buffer, kernel.output(), batchHashes * HASH_BYTES);

  function takeHashes(count: number, out: Uint8Array, first: number): void {
    out.set(count === batchHashes ? output : output.subarray(0, count * HASH_BYTES), first * HASH_BYTES);
  }

  return {
    kind: 'wasm-simd',
    hashPairs(nodes, pairCount, out) {
      for (let first = 0; first < pairCount; first += batchHashes) {
        const count = Math.min(batchHashes, pairCount - first);
        input.set(nodes.subarray(first * 2 * HASH_BYTES, (first + count) * 2 * HASH_BYTES));
        kernel.hashPairs(count);
        takeHashes(count, out, first);
      }
    },
    hashMessages(bytes, messageEnds, messageCount, out) {
      for (let first = 0; first < messageCount; ) {
        const start = first === 0 ? 0 : (messageEnds[first - 1] as number);
        let next = first;
        while (next < messageCount && next - first < batchHashes) {
          const end = (messageEnds[next] as number) - start;
          if (end > input.length) break;
          ends[next - first] = end;
          next++;
        }
        if (next === first) {
          // A message larger than the kernel's memory: rare enough to leave to JavaScript.
          const end = messageEnds[next++] as number;
          const hash = out.subarray(first * HASH_BYTES);
          javascriptKernel.hashMessages(bytes.subarray(start, end), Uint32Array.of(end - start), 1, hash);
        } else {
          input.set(bytes.subarray(start, messageEnds[next - 1]));
          kernel.hashMessages(next - first);
          takeHashes(next - first, out, first);
        }
        first = next;
      }
    },
  };
}
