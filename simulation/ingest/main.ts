/**
 * `npm run simulate -- [--seeds N] [--first-seed S] [--kind tower|alpenglow|migration|slot-time|spam] [--json]`: the listener's core under
 * seeded faults in simulated time (--consensus is the older name of --kind).
 * Status 0 only if every seed holds. A seed that fails is run again alone by `--seeds 1 --first-seed THAT`.
 */

import { parseArgs } from 'node:util';
import { AppError, messageOf } from '../../runtime/errors.ts';
import { holds, KINDS, type Kind, type SeedResult, simulate } from './simulate.ts';

function countOption(name: string, value: string): number {
  const count = Number(value);
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new AppError('OPTION_INVALID', `--${name} must be a whole number, not ${value}.`);
}

function kindOption(value: string): Kind {
  const found = KINDS.find((each) => each === value);
  if (found !== undefined) return found;
  throw new AppError('OPTION_INVALID', `--kind must be one of ${KINDS.join(', ')}, not ${value}.`);
}

function describeFailure({ seed, verdict, differentRoots, complete, ended, ...spam }: SeedResult): string {
  const { lost, doubled, wrongWatermarks, lettersMissing } = verdict;
  const parts = { lost, doubled, wrongWatermarks, lettersMissing };
  const counts = Object.entries(parts).map(([name, list]) => `${name} ${list.length} ${list[0] ?? ''}`.trim());
  const end = ended === undefined ? '' : `, ended by ${messageOf(ended)}`;
  return `seed ${seed}: ${counts.join(', ')}, different roots ${differentRoots}, complete ${complete}, spam fetched ${spam.spamFetched}, behind ${spam.calmBehindMs ?? '-'} ms${end}`;
}

try {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1000' },
      'first-seed': { type: 'string', default: '1' },
      kind: { type: 'string' },
      consensus: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const seeds = countOption('seeds', values.seeds);
  const startedMs = Date.now();
  let done = 0;
  const { failedSeeds, ...summary } = await simulate({
    seeds,
    kind: kindOption(values.kind ?? values.consensus ?? 'tower'),
    firstSeed: countOption('first-seed', values['first-seed']),
    onSeed: (result) => {
      done += 1;
      if (!holds(result)) process.stderr.write(`${describeFailure(result)}\n`);
      if (done % 50 === 0) process.stderr.write(`${done} of ${seeds} seeds, ${Date.now() - startedMs} ms\n`);
    },
  });
  if (values.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else process.stdout.write(`${JSON.stringify({ ...summary, failedSeeds }, undefined, 2)}\n`);
  process.exitCode = failedSeeds.length === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`simulate: ${messageOf(error)}\n`);
  process.exitCode = 2;
}
