import { rmSync } from 'node:fs';
import { removeStackData } from '../../local/stack/stack-data.ts';
import './global-setup.ts';

/** Stops the run's stack and removes its data. */
export default async function globalTeardown(): Promise<void> {
  const run = globalThis.attentionOracleTestRun;
  if (run === undefined) return;
  await run.stack.stop();
  await removeStackData(run.dataDir);
  rmSync(run.dataDir, { recursive: true, force: true });
}
