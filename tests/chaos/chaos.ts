/** Kills and freezes the parts of a running `npm start` by a seed, and judges what is there in the end. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { removeStackData } from '../../local/stack/stack-data.ts';
import { planOf } from './plan.ts';
import { type Outcome, RunningStart } from './running-start.ts';

/** As `npm start` sets it for its roles. */
const SESSION_MS = 10_000;

export interface ChaosOptions {
  readonly seed: number;
  readonly kills: number;
  readonly log: (line: string) => void;
}

export interface ChaosResult extends Outcome {
  readonly seed: number;
  readonly kills: number;
  /** Of these, processes that were stopped for longer than a session of the group and went on. */
  readonly frozen: number;
  /** As `npm start` has said it; more than kills where a part was struck while it started. */
  readonly restarts: number;
  readonly seconds: number;
}

/** @throws when a part does not come back, or roots do not come. */
export async function chaos({ seed, kills, log }: ChaosOptions): Promise<ChaosResult> {
  const startedMs = Date.now();
  const dir = mkdtempSync(join(tmpdir(), 'ao-chaos-'));
  const plan = planOf(seed, kills, SESSION_MS);
  let running: RunningStart | undefined;
  try {
    running = await RunningStart.create(dir);
    log('everything runs');
    for (const [index, blow] of plan.entries()) {
      await delay(blow.pauseMs);
      await running.strike(blow);
      const how = blow.frozenMs === undefined ? 'killed' : `frozen for ${(blow.frozenMs / 1000).toFixed(1)} s`;
      log(`${index + 1} of ${kills}: ${blow.target} ${how}`);
    }
    const outcome = await running.verdict(log);
    return {
      seed,
      kills,
      frozen: plan.filter(({ frozenMs }) => frozenMs !== undefined).length,
      restarts: running.restarts,
      ...outcome,
      seconds: Math.round((Date.now() - startedMs) / 1000),
    };
  } finally {
    await running?.stop();
    await removeStackData(join(dir, 'data'));
    rmSync(dir, { recursive: true, force: true });
  }
}
