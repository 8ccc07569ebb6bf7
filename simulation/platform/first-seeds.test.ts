/** The first seeds of the platform's simulation, in a second: so short that mutants of the processor's core can be tried by them. */

import { expect, it } from '@jest/globals';
import { simulatePlatform } from './simulate.ts';

it('the first seeds of the simulation of the whole platform hold', async () => {
  const wrong: string[] = [];
  for (const seed of [1, 2, 3]) wrong.push(...(await simulatePlatform(seed)).wrong);
  expect(wrong).toEqual([]);
});
