import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../../bootstrap/process-identity.mjs';
import { type Stack, startStack } from '../../local/stack/stack.ts';
import { removeStackData } from '../../local/stack/stack-data.ts';
import { anySelectedTestNeedsStack } from './needs-stack.ts';
import { testStackVariables } from './stack.ts';

/** What this needs of jest's global configuration. */
interface RunConfig {
  readonly rootDir: string;
  readonly testPathPatterns: {
    toExecutor(options: { rootDir: string }): { isMatch(path: string): boolean };
  };
}

/** A stack that the tear-down finds again: both run in the same process. */
interface SharedRun {
  readonly stack: Stack;
  readonly dataDir: string;
}

declare global {
  var attentionOracleTestRun: SharedRun | undefined;
}

/** Removes what runs that were killed have left behind. */
async function removeLeftovers(dataRoot: string): Promise<void> {
  if (!existsSync(dataRoot)) return;
  for (const name of readdirSync(dataRoot)) {
    const pid = /^test-(\d+)$/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    await removeStackData(join(dataRoot, name));
    rmSync(join(dataRoot, name), { recursive: true, force: true });
  }
}

/** Starts one stack for the whole run, if a selected test uses it (AO_TEST_STACK=none: never). */
export default async function globalSetup({ rootDir, testPathPatterns }: RunConfig): Promise<void> {
  if (process.env.AO_TEST_STACK === 'none') return;
  const patterns = testPathPatterns.toExecutor({ rootDir });
  if (!anySelectedTestNeedsStack(rootDir, (path) => patterns.isMatch(path))) return;
  const dataRoot = join(rootDir, '.data');
  await removeLeftovers(dataRoot);
  const dataDir = join(dataRoot, `test-${process.pid}`);
  mkdirSync(dataDir, { recursive: true });
  const stack = await startStack({
    dataDir,
    fresh: true,
    durable: false,
    preferKnownPorts: false,
    // Addresses of a developer's own services are not for tests, which create and drop things.
    env: { AO_STACK: process.env.AO_TEST_STACK ?? 'embedded' },
    log: (line) => process.stderr.write(`${line}\n`),
  });
  globalThis.attentionOracleTestRun = { stack, dataDir };
  process.env[testStackVariables.kafkaBrokers] = stack.kafkaBrokers.join(',');
  process.env[testStackVariables.registryUrl] = stack.registryUrl;
  process.env[testStackVariables.databaseUrl] = stack.databaseUrl;
}
