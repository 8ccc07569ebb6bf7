/** What befalls the processes of a platform, and when: told by a seed. Pure. */

import { SeededRandom } from '../../simulation/random.ts';
import type { Fault } from './core/fault.ts';

export interface FaultPlanOptions {
  readonly seed: number;
  readonly durationMs: number;
  /** Middle of the pauses between two faults. */
  readonly everyMs: number;
  readonly targets: readonly string[];
}

const FREEZE_MS = { min: 1000, max: 12_000 };
/** Of ten faults. */
const KILLS_OF_TEN = 7;

/** The faults of a run, by time; the same for the same seed. */
export function faultPlan({ seed, durationMs, everyMs, targets }: FaultPlanOptions): Fault[] {
  const random = new SeededRandom(seed);
  const faults: Fault[] = [];
  if (targets.length === 0) return faults;
  const pause = (): number => random.between(Math.ceil(everyMs / 2), Math.ceil(everyMs * 1.5));
  for (let atMs = pause(); atMs < durationMs; atMs += pause()) {
    const target = random.pick(targets);
    const isKill = random.between(1, 10) <= KILLS_OF_TEN;
    const forMs = isKill ? 0 : random.between(FREEZE_MS.min, FREEZE_MS.max);
    faults.push({ atMs, kind: isKill ? 'kill' : 'freeze', target, forMs });
  }
  return faults;
}
