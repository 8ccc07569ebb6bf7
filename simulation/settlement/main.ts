/**
 * `npm run simulate-settlement -- [--seeds N] [--first-seed S] [--json]`: the settlement worker's core under seeded faults in
 * simulated time. Status 0 only if every seed holds.
 */

import { parseArgs } from 'node:util';
import { simulateSeed } from './simulate.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '5000' },
    'first-seed': { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const [seeds, firstSeed] = [Number(values.seeds), Number(values['first-seed'])];
const failedSeeds: number[] = [];
let roots = 0;
for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
  const result = await simulateSeed(seed);
  roots += result.roots;
  if (result.wrong.length === 0) continue;
  failedSeeds.push(seed);
  process.stderr.write(`seed ${seed}: ${result.wrong.join('; ')}\n`);
}
process.stdout.write(`${JSON.stringify({ seeds, roots, failedSeeds }, undefined, values.json ? 0 : 2)}\n`);
process.exitCode = failedSeeds.length === 0 ? 0 : 1;
