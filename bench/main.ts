/**
 * Runs one benchmark of this folder: `npm run bench -- NAME [--json]`. Each is a file NAME.ts that exports `run`.
 * With --json the last line of stdout is the result as one line of JSON; the rest goes to stderr.
 */
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Benchmark } from './measure/benchmark.ts';

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== 'main.ts')
  .map((file) => file.slice(0, -'.ts'.length));

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [name] = positionals;

if (name === undefined || !names.includes(name) || positionals.length > 1) {
  console.error(`usage: npm run bench -- NAME [--json], with NAME one of: ${names.join(', ')}`);
  process.exitCode = 2;
} else {
  const { run } = (await import(`./${name}.ts`)) as Benchmark;
  const result = await run({ json: values.json });
  console.log(values.json ? JSON.stringify(result) : JSON.stringify(result, null, 2));
}
