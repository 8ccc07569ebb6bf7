import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { runForeground } from './child.mjs';
import { moduleCommand } from './node-module.mjs';
import { rootDir } from './paths.mjs';

function workers(args) {
  if (args.some((arg) => /^(--maxWorkers|-w|--runInBand|-i)/.test(arg))) return [];
  return [`--maxWorkers=${Math.min(4, Math.max(2, Math.floor(availableParallelism() / 2)))}`];
}

/** "N passed, N failed[, N skipped]" from jest's report; a file that could not even be loaded counts as one failure. */
function closingLine(reportFile, status) {
  let report;
  try {
    report = JSON.parse(readFileSync(reportFile, 'utf8'));
  } catch {
    return status === 0 ? undefined : '0 passed, 1 failed';
  }
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  const skipped = report.numPendingTests + report.numTodoTests;
  // A failure outside of any test (set-up, tear-down, coverage) must not read like a success.
  const failures = status !== 0 && failed === 0 ? 1 : failed;
  return `${report.numPassedTests} passed, ${failures} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

/** Runs jest with the given arguments; the counts are the last line of stdout. Gives jest's exit status. */
export async function test({ node, env }, args) {
  mkdirSync(join(rootDir, '.data'), { recursive: true });
  const folder = mkdtempSync(join(rootDir, '.data', 'test-report-'));
  const reportFile = join(folder, 'report.json');
  const options = [
    process.env.NODE_OPTIONS ?? '',
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    '--conditions=@attention-oracle/source',
  ];
  const jest = [moduleCommand('jest', 'jest'), ...workers(args), '--json', `--outputFile=${reportFile}`];
  // Something left open must not keep a pipeline waiting; at a desk it should show.
  const ci = process.env.CI ? ['--ci', '--forceExit'] : [];
  const parentWatch = `--import=${new URL('./parent-watch.mjs', import.meta.url).href}`;
  try {
    const status = await runForeground(node, [parentWatch, ...jest, ...ci, ...args], {
      cwd: rootDir,
      env: { ...env, NODE_OPTIONS: options.join(' ').trim() },
    });
    const line = closingLine(reportFile, status);
    if (line !== undefined) process.stdout.write(`${line}\n`);
    return status;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
