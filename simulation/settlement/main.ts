/**
 * `npm run simulate-settlement -- [--seeds N] [--guarded N] [--first-seed S] [--json]`: the settlement worker's core under seeded faults in
 * simulated time; so many seeds with one worker, so many with policies, people, signer outages and two workers, and as many that measure by how
 * much a held channel delays others. Status 0 only if every seed holds.
 */

import { parseArgs } from 'node:util';
import { simulateGuarded } from './guarded.ts';
import { heldDelay } from './held-delay.ts';
import { simulateSeed } from './simulate.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '5000' },
    guarded: { type: 'string', default: '1000' },
    'first-seed': { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const firstSeed = Number(values['first-seed']);
const MOST_SLOTS = 1;

async function each<T>(seeds: string, run: (seed: number) => Promise<T>, wrongOf: (result: T) => readonly string[]) {
  const results: T[] = [];
  const failedSeeds: number[] = [];
  for (let seed = firstSeed; seed < firstSeed + Number(seeds); seed += 1) {
    const result = await run(seed);
    results.push(result);
    const wrong = wrongOf(result);
    if (wrong.length === 0) continue;
    failedSeeds.push(seed);
    process.stderr.write(`seed ${seed}: ${wrong.join('; ')}\n`);
  }
  return { results, failedSeeds };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const plain = await each(values.seeds, simulateSeed, ({ wrong }) => wrong);
const guarded = await each(
  values.guarded,
  (seed) => simulateGuarded(seed),
  ({ wrong }) => wrong,
);
const delays = await each(values.guarded, heldDelay, ({ missing, slots }) => [
  ...(missing > 0 ? [`${missing} roots beside held channels never came on chain`] : []),
  ...(slots > MOST_SLOTS ? [`a root came ${slots} slots later because another channel was held`] : []),
]);
const report = {
  ...{
    seeds: Number(values.seeds),
    roots: sum(plain.results.map(({ roots }) => roots)),
    failedSeeds: plain.failedSeeds,
  },
  guarded: {
    seeds: guarded.results.length,
    onAlpenglow: guarded.results.filter(({ consensus }) => consensus === 'Alpenglow').length,
    roots: sum(guarded.results.map(({ roots }) => roots)),
    published: sum(guarded.results.map(({ published }) => published)),
    heldOrInConflict: sum(guarded.results.map(({ held }) => held)),
    failedSeeds: guarded.failedSeeds,
  },
  besideHeldChannels: {
    seeds: delays.results.length,
    roots: sum(delays.results.map(({ roots }) => roots)),
    mostSlotsLater: Math.max(0, ...delays.results.map(({ slots }) => slots)),
    failedSeeds: delays.failedSeeds,
  },
};
process.stdout.write(`${JSON.stringify(report, undefined, values.json ? 0 : 2)}\n`);
process.exitCode = [plain, guarded, delays].every(({ failedSeeds }) => failedSeeds.length === 0) ? 0 : 1;
