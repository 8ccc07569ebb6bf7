/**
 * Compiles assembly/ to WebAssembly and embeds it in src/keccak/kernel.generated.ts.
 *
 *   node sdk/scripts/build-kernel.ts           writes the file
 *   node sdk/scripts/build-kernel.ts --check   writes nothing, ends with status 1 when the file is out of date
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const PACKAGE_DIR = fileURLToPath(new URL('..', import.meta.url));
const GENERATED = fileURLToPath(new URL('../src/keccak/kernel.generated.ts', import.meta.url));
/** Browsers compile synchronously on the main thread only what is no larger than this (Chromium's older limit). */
const MAX_WASM_BYTES = 4096;
const COMPILER_OPTIONS = ['-O2', '--enable', 'simd', '--runtime', 'stub', '--noAssert'];

async function compileKernel(): Promise<Uint8Array> {
  const written = new Map<string, Uint8Array | string>();
  const { error } = await asc.main(
    ['assembly/index.ts', '--baseDir', PACKAGE_DIR, '--outFile', 'kernel.wasm', ...COMPILER_OPTIONS],
    { writeFile: (name, contents) => void written.set(name, contents) },
  );
  const wasm = written.get('kernel.wasm');
  if (error || !(wasm instanceof Uint8Array))
    throw new Error(`assembly/ does not compile: ${String(error?.message)}`, { cause: error });
  if (wasm.length > MAX_WASM_BYTES) throw new Error(`the kernel has ${wasm.length} bytes, more than ${MAX_WASM_BYTES}`);
  return wasm;
}

function render(wasm: Uint8Array): string {
  const lines =
    Buffer.from(wasm)
      .toString('base64')
      .match(/.{1,116}/g) ?? [];
  return [
    '// Written by scripts/build-kernel.ts from assembly/. Do not edit.',
    '',
    `/** The batch Keccak-256 kernel, ${wasm.length} bytes of WebAssembly in base64. */`,
    'export const KERNEL_WASM_BASE64 =',
    `${lines.map((line) => `  '${line}'`).join(' +\n')};`,
    '',
  ].join('\n');
}

const generated = render(await compileKernel());
if (!process.argv.includes('--check')) {
  writeFileSync(GENERATED, generated);
} else if (readFileSync(GENERATED, 'utf8') !== generated) {
  process.stderr.write('sdk/src/keccak/kernel.generated.ts is out of date: run node sdk/scripts/build-kernel.ts\n');
  process.exitCode = 1;
}
