import { describe, expect, it } from '@jest/globals';
import { type GuardedMutant, simulateGuarded } from './guarded.ts';
import { heldDelay } from './held-delay.ts';

const SEEDS = 40;
const MUTANT_SEEDS = 200;
/** Of the first ones none shows the mutants, which costs time. */
const FIRST_MUTANT_SEED = 80;

describe('the sending simulation with policies, people, signer outages and two workers', () => {
  it('brings every root on chain once, or holds it with its true reason, on both kinds of cluster', async () => {
    const wrong: string[] = [];
    const clusters = new Set<string>();
    let [published, held] = [0, 0];
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const result = await simulateGuarded(seed);
      wrong.push(...result.wrong.map((text) => `seed ${seed}: ${text}`));
      clusters.add(result.consensus);
      published += result.published;
      held += result.held;
    }
    expect(wrong).toEqual([]);
    expect([...clusters].sort()).toEqual(['Alpenglow', 'TowerBFT']);
    expect(Math.min(published, held)).toBeGreaterThan(SEEDS);
  });

  it.each<[string, GuardedMutant, RegExp]>([
    ['workers do not hear of what others have promised', 'ownPromisesOnly', /were published, and the treasury holds/],
    ['PENDING is not written down first', 'noPending', /rows of signature-\d+ are/],
  ])('finds it where %s', async (_what, mutant, sentence) => {
    const said: string[] = [];
    for (let seed = FIRST_MUTANT_SEED; seed <= MUTANT_SEEDS && !said.some((text) => sentence.test(text)); seed += 1) {
      said.push(...(await simulateGuarded(seed, mutant)).wrong);
    }
    expect(said.join('\n')).toMatch(sentence);
  });
});

it('a channel that is held delays no root of another by more than one slot', async () => {
  const delays = [];
  for (let seed = 1; seed <= SEEDS; seed += 1) delays.push(await heldDelay(seed));
  expect(delays.filter(({ slots, missing }) => slots > 1 || missing > 0)).toEqual([]);
  expect(delays.reduce((sum, { roots }) => sum + roots, 0)).toBeGreaterThan(SEEDS);
});
