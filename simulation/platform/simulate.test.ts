import { describe, expect, it } from '@jest/globals';
import { keptSeeds } from '../../tests/testing/kept-seeds.ts';
import { type Guard, simulatePlatform } from './simulate.ts';

/** Which seed shows it first changes with the cores; of ten, two or more do. */
async function firstShown(without: Guard, sign: RegExp): Promise<string | undefined> {
  for (let seed = 1; seed <= 100; seed += 1) {
    const shown = (await simulatePlatform(seed, without)).wrong.find((text) => sign.test(text));
    if (shown !== undefined) return shown;
  }
  return undefined;
}

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

  it.each(keptSeeds('platform'))('holds for seed $seed, which once failed: $cause', async ({ seed }) => {
    expect((await simulatePlatform(seed)).wrong).toEqual([]);
  });

  it.each<[Guard, RegExp]>([
    ['fencing', /[2-9] roots of /],
    ['ledger before sending', /was published [2-9] times/],
    ['cursors', /was told of/],
  ])('shows what goes wrong without %s', async (guard, sign) => {
    expect(await firstShown(guard, sign)).toBeDefined();
  });
});
