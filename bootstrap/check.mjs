import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from './child.mjs';
import { moduleCommand } from './node-module.mjs';
import { rootDir } from './paths.mjs';
import { say } from './progress.mjs';

const sourceFolders = [
  'schemas',
  'sdk/src',
  'domain',
  'runtime',
  'producers',
  'processors',
  'sinks',
  'graphql',
  'audit',
  'verifier',
  'cli',
  'clients',
  'explorer',
  'deploy',
  'local',
  'bootstrap',
  'simulation',
  'tests',
  'bench',
];
const atOnce = 2;

/** The checks, each a program of its own: [name, arguments for Node]. */
function steps() {
  const folders = sourceFolders.filter((folder) => existsSync(join(rootDir, folder)));
  return [
    ['types', [moduleCommand('typescript', 'tsc'), '--noEmit', '-p', '.']],
    ['types of the page', [moduleCommand('typescript', 'tsc'), '--noEmit', '-p', 'explorer']],
    ['lint', [moduleCommand('eslint', 'eslint'), '.']],
    ['format', [moduleCommand('@biomejs/biome', 'biome'), 'check', '.']],
    ['imports', [moduleCommand('dependency-cruiser', 'depcruise'), '--config', '.dependency-cruiser.cjs', ...folders]],
    ['unused code', [moduleCommand('knip', 'knip'), '--no-progress']],
    ['generated code', ['--conditions=@attention-oracle/source', 'cli/generate.ts', '--check']],
    ['kernel', ['sdk/scripts/build-kernel.ts', '--check']],
    ['compatibility', ['--conditions=@attention-oracle/source', 'schemas/compatibility.ts']],
  ];
}

async function runStep([name, args], { node, env }) {
  const startedMs = Date.now();
  const { code, output } = await capture(node, args, { cwd: rootDir, env: { ...env, NO_COLOR: '1' } });
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
  if (code === 0) say(`ok      ${name} (${seconds} s)`);
  else say(`FAILED  ${name} (${seconds} s)\n${output.trimEnd()}\n`);
  return { name, ok: code === 0 };
}

/** Runs every check, also after one has failed, and sums up; status 1 when any failed. Arguments: names of the only ones to run. */
export async function check(tools, args) {
  const known = steps();
  const unknown = args.find((arg) => !known.some(([name]) => name === arg));
  if (unknown !== undefined) {
    say(`Unknown check "${unknown}": use some of ${known.map(([name]) => name).join(', ')}, or none for all.`);
    return 2;
  }
  const waiting = args.length === 0 ? known : known.filter(([name]) => args.includes(name));
  const results = [];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      results.push(await runStep(next, tools));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const failed = results.filter((result) => !result.ok).map((result) => result.name);
  process.stdout.write(
    failed.length === 0
      ? `All ${results.length} checks passed\n`
      : `${failed.length} of ${results.length} checks failed: ${failed.join(', ')}\n`,
  );
  return failed.length === 0 ? 0 : 1;
}
