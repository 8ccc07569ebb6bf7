/**
 * `npm run simulate-platform -- [--seeds N] [--first-seed S] [--json]`: the cores of the listener, the processor, the sink and the settlement
 * worker together, under seeded faults in simulated time. Status 0 only if every seed holds. One alone:
 * `--seeds 1 --first-seed THAT`; a seed does not give the same run twice yet, so one that failed may have to be run several times.
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
const timesRealTime = Math.round(simulatedMs / (Date.now() - startedMs));
process.stdout.write(
  `${JSON.stringify({ seeds, roots, timesRealTime, failedSeeds }, undefined, values.json ? 0 : 2)}\n`,
);
process.exitCode = failedSeeds.length === 0 ? 0 : 1;
