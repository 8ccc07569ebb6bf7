import { execFileSync } from 'node:child_process';
import { createContext, runInContext } from 'node:vm';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { keccak_256 } from '@noble/hashes/sha3.js';
import fc from 'fast-check';
import { bytesToHex } from '../bytes.ts';
import { initKeccak, keccakKernel, useKeccakKernel } from './active-kernel.ts';
import { javascriptKernel } from './javascript-kernel.ts';
import { keccak256 } from './keccak.ts';
import type { KeccakKernel } from './kernel.ts';
import { instantiateWasmKernel, instantiateWasmKernelAsync } from './wasm-kernel.ts';

const realWebAssembly = (globalThis as { WebAssembly?: unknown }).WebAssembly;
const setWebAssembly = (value: unknown): void => {
  (globalThis as { WebAssembly?: unknown }).WebAssembly = value;
};

function wasmKernel(): KeccakKernel {
  const kernel = instantiateWasmKernel();
  if (!kernel) throw new Error('this Node has no WebAssembly SIMD');
  return kernel;
}

function hashAll(kernel: KeccakKernel, messages: readonly Uint8Array[]): Uint8Array[] {
  const ends = Uint32Array.from(
    messages,
    (
      (sum) => (message: Uint8Array) =>
        (sum += message.length)
    )(0),
  );
  const out = new Uint8Array(32 * messages.length);
  kernel.hashMessages(Uint8Array.from(Buffer.concat(messages)), ends, messages.length, out);
  return messages.map((_, i) => out.slice(32 * i, 32 * i + 32));
}

function pairInput(pair: Uint8Array): Uint8Array {
  const [left, right] = [pair.slice(0, 32), pair.slice(32)];
  return Uint8Array.from(Buffer.concat([left, right].sort((a, b) => Buffer.compare(a, b))));
}

afterEach(() => {
  setWebAssembly(realWebAssembly);
  useKeccakKernel('wasm-simd');
});

describe.each<[string, () => KeccakKernel]>([
  ['wasm-simd', wasmKernel],
  ['javascript', () => javascriptKernel],
])('the %s kernel', (kind, kernelOf) => {
  const kernel = kernelOf();

  it('says which one it is', () => {
    expect(kernel.kind).toBe(kind);
  });

  it('gives the published Keccak-256 values', () => {
    expect(hashAll(kernel, [new Uint8Array(0), new TextEncoder().encode('abc')]).map(bytesToHex)).toEqual([
      'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
      '4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45',
    ]);
  });

  it('hashes messages of every length up to three blocks as an independent implementation does', () => {
    const messages = Array.from({ length: 410 }, (_, length) =>
      Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 255),
    );
    expect(hashAll(kernel, messages)).toEqual(messages.map((message) => keccak_256(message)));
  });

  it('hashes any batch of messages of mixed lengths', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 9 }), (messages) => {
        expect(hashAll(kernel, messages)).toEqual(messages.map((message) => keccak_256(message)));
      }),
    );
  });

  it('hashes a message that is larger than its memory, between small ones', () => {
    const messages = [5, 300_000, 7].map((length) => new Uint8Array(length).fill(length & 255));
    expect(hashAll(kernel, messages)).toEqual(messages.map((message) => keccak_256(message)));
  });

  it('hashes more messages than one batch holds', () => {
    const messages = Array.from({ length: 4_099 }, (_, i) => Uint8Array.of(i & 255, i >> 8));
    expect(hashAll(kernel, messages)).toEqual(messages.map((message) => keccak_256(message)));
  });

  it('puts each pair in byte order before hashing it', () => {
    const node = fc.oneof(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.integer({ min: 0, max: 31 }).map((at) => new Uint8Array(32).fill(1, at, at + 1)),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(node, node), { maxLength: 7 }), (pairs) => {
        const inputs = pairs.map((pair) => Uint8Array.from(Buffer.concat(pair)));
        const out = new Uint8Array(32 * pairs.length);
        kernel.hashPairs(Uint8Array.from(Buffer.concat(inputs)), pairs.length, out);
        expect(bytesToHex(out)).toBe(inputs.map((input) => bytesToHex(keccak_256(pairInput(input)))).join(''));
      }),
    );
  });
});

it('both kernels agree on more pairs than one batch holds', () => {
  const pairCount = 4_097;
  const nodes = Uint8Array.from({ length: pairCount * 64 }, (_, i) => (Math.imul(i, 2654435761) >>> 13) & 255);
  const [fast, plain] = [new Uint8Array(pairCount * 32), new Uint8Array(pairCount * 32)];
  wasmKernel().hashPairs(nodes, pairCount, fast);
  javascriptKernel.hashPairs(nodes, pairCount, plain);
  expect(Buffer.compare(fast, plain)).toBe(0);
});

describe('choosing a kernel', () => {
  it('prefers WebAssembly', async () => {
    expect(keccakKernel()).toBe('wasm-simd');
    expect(await initKeccak()).toBe('wasm-simd');
  });

  it('gives the same hash with either one forced', () => {
    const message = new TextEncoder().encode('channel:lofi');
    useKeccakKernel('javascript');
    expect(keccakKernel()).toBe('javascript');
    const plain = keccak256(message);
    useKeccakKernel('wasm-simd');
    expect(keccak256(message)).toEqual(plain);
  });

  it('leaves forced JavaScript for WebAssembly when told to initialise', async () => {
    useKeccakKernel('javascript');
    expect(await initKeccak()).toBe('wasm-simd');
  });

  it('falls back where a policy forbids compiling WebAssembly', async () => {
    const strict = createContext({}, { codeGeneration: { strings: false, wasm: false } });
    setWebAssembly(runInContext('WebAssembly', strict));
    expect(instantiateWasmKernel()).toBeUndefined();
    expect(await instantiateWasmKernelAsync()).toBeUndefined();
    jest.resetModules();
    const fresh = await import('./active-kernel.ts');
    expect(fresh.keccakKernel()).toBe('javascript');
    expect(() => fresh.useKeccakKernel('wasm-simd')).toThrow(expect.objectContaining({ code: 'KERNEL_UNAVAILABLE' }));
    expect(await fresh.initKeccak()).toBe('javascript');
  });

  it('falls back where there is no WebAssembly at all', async () => {
    setWebAssembly(undefined);
    expect(instantiateWasmKernel()).toBeUndefined();
    expect(await instantiateWasmKernelAsync()).toBeUndefined();
  });
});

it('the committed kernel is what assembly/ compiles to', () => {
  const script = new URL('../../scripts/build-kernel.ts', import.meta.url).pathname;
  expect(() => execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' })).not.toThrow();
});
