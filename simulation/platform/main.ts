/**
 * `npm run simulate-platform -- [--seeds N] [--first-seed S] [--json]`: the cores of the listener, the processor, the sink, the settlement
 * worker and the gateway together, under seeded faults in simulated time. Status 0 only if every seed holds. One that failed gives the same
 * run again by `--seeds 1 --first-seed THAT`, and becomes a line of tests/seeds.md.
 */

import { parseArgs } from 'node:util';
import { simulatePlatform } from './simulate.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    'first-seed': { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const [seeds, firstSeed] = [Number(values.seeds), Number(values['first-seed'])];
const startedMs = Date.now();
const failedSeeds: number[] = [];
let [roots, simulatedMs] = [0, 0];
for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
  const result = await simulatePlatform(seed);
  roots += result.roots;
  simulatedMs += result.simulatedMs;
  if (result.wrong.length === 0) continue;
  failedSeeds.push(seed);
  process.stderr.write(`seed ${seed} (${result.kind}): ${result.wrong.join('; ')}\n`);
}
const realMs = Date.now() - startedMs;
const figures = { timesRealTime: Math.round(simulatedMs / realMs), seedsPerSecond: round((seeds * 1000) / realMs) };
process.stdout.write(`${JSON.stringify({ seeds, roots, ...figures, failedSeeds }, undefined, values.json ? 0 : 2)}\n`);
process.exitCode = failedSeeds.length === 0 ? 0 : 1;

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
