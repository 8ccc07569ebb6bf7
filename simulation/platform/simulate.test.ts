import { describe, expect, it } from '@jest/globals';
import { keptSeeds } from '../../tests/testing/kept-seeds.ts';
import { GUARDS, simulatePlatform } from './simulate.ts';

const kept = keptSeeds('platform');

describe('the simulation of the whole platform', () => {
  it('has every claim in one root, every root on chain once, equal rows and subscribers told once, for 25 seeds', async () => {
    const wrong: string[] = [];
    for (let seed = 1; seed <= 25; seed += 1)
      wrong.push(...(await simulatePlatform(seed)).wrong.map((text) => `seed ${seed}: ${text}`));
    expect(wrong).toEqual([]);
  });

  it('gives the same run for the same seed, other ones for others', async () => {
    const seeds = [1, 2, 3];
    const [first, second] = [[], []] as string[][];
    for (const seed of seeds) first?.push(JSON.stringify(await simulatePlatform(seed)));
    for (const seed of seeds.toReversed()) second?.unshift(JSON.stringify(await simulatePlatform(seed)));
    expect(second).toEqual(first);
    expect(new Set(first?.map((text) => (JSON.parse(text) as { fingerprint: string }).fingerprint)).size).toBe(3);
  });

  it.each(kept.filter(({ guard }) => guard === undefined))(
    'holds for seed $seed, which once failed: $cause',
    async ({ seed }) => {
      expect((await simulatePlatform(seed)).wrong).toEqual([]);
    },
  );

  it.each(GUARDS)('shows what happens without %s, at the seed that is kept for it', async (guard) => {
    const seeds = kept.filter((each) => each.guard === guard);
    expect(seeds).not.toEqual([]);
    for (const { seed, sign } of seeds) expect((await simulatePlatform(seed, guard)).wrong.join('\n')).toContain(sign);
  });
});
