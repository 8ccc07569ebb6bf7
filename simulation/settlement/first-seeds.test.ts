/** The first seeds of both simulations, in a second or two: so short that mutants of settlement's core can be tried by them. */

import { expect, it } from '@jest/globals';
import { simulateGuarded } from './guarded.ts';
import { simulateSeed } from './simulate.ts';

it.each([
  ['the sending simulation', 30, (seed: number) => simulateSeed(seed)],
  ['the one with policies, people and two workers', 10, (seed: number) => simulateGuarded(seed)],
])('the first seeds of %s hold', async (_what, seeds, simulated) => {
  const wrong: string[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) wrong.push(...(await simulated(seed)).wrong);
  expect(wrong).toEqual([]);
});
