import { describe, expect, it } from '@jest/globals';
import { type Guard, simulatePlatform } from './simulate.ts';

async function wrongOf(seeds: readonly number[], without?: Guard): Promise<string[]> {
  const wrong: string[] = [];
  for (const seed of seeds)
    for (const text of (await simulatePlatform(seed, without)).wrong) wrong.push(`seed ${seed}: ${text}`);
  return wrong;
}

describe('the simulation of the whole platform', () => {
  it('has every claim of the chain in exactly one root, every root on chain once and equal rows, for 25 seeds', async () => {
    const seeds = Array.from({ length: 25 }, (_, i) => i + 1);
    expect(await wrongOf(seeds)).toEqual([]);
  });

  it('shows doubled roots where a fenced processor may go on writing', async () => {
    const wrong = await wrongOf([2, 4, 7, 10], 'fencing');
    expect(wrong.some((text) => /: [2-9] roots of /.test(text))).toBe(true);
  });

  it('shows a root published twice where settlement sends before it writes that down', async () => {
    const wrong = await wrongOf([1, 4, 6, 8], 'ledger before sending');
    expect(wrong.some((text) => /was published [2-9] times/.test(text))).toBe(true);
  });
});
