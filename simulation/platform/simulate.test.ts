import { describe, expect, it } from '@jest/globals';
import { type Guard, simulatePlatform } from './simulate.ts';

async function wrongOf(seeds: readonly number[], without?: Guard): Promise<string[]> {
  const wrong: string[] = [];
  for (const seed of seeds)
    for (const text of (await simulatePlatform(seed, without)).wrong) wrong.push(`seed ${seed}: ${text}`);
  return wrong;
}

/** A seed does not give the same run twice yet, so which one shows it first differs; of ten, two to four showed missing fencing. */
async function firstShown(without: Guard, sign: RegExp): Promise<string | undefined> {
  for (let seed = 1; seed <= 100; seed += 1) {
    const shown = (await wrongOf([seed], without)).find((text) => sign.test(text));
    if (shown !== undefined) return shown;
  }
  return undefined;
}

describe('the simulation of the whole platform', () => {
  it('has every claim of the chain in exactly one root, every root on chain once and equal rows, for 25 seeds', async () => {
    const seeds = Array.from({ length: 25 }, (_, i) => i + 1);
    expect(await wrongOf(seeds)).toEqual([]);
  });

  it('shows doubled roots where a fenced processor may go on writing', async () => {
    expect(await firstShown('fencing', /: [2-9] roots of /)).toBeDefined();
  });

  it('shows a root published twice where settlement sends before it writes that down', async () => {
    expect(await firstShown('ledger before sending', /was published [2-9] times/)).toBeDefined();
  });
});
