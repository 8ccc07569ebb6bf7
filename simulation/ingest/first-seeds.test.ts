/** The first seeds of each kind, in a second or two: so short that mutants of the listener's core can be tried by them. */

import { expect, it } from '@jest/globals';
import { type Kind, simulate } from './simulate.ts';

it.each<[Kind, number]>([
  ['alpenglow', 2],
  ['tower', 4],
  ['migration', 3],
  ['slot-time', 2],
  ['spam', 1],
])('the first seeds of the listener simulation hold: %s', async (kind, seeds) => {
  expect(await simulate({ firstSeed: 1, seeds, kind })).toMatchObject({
    ...{ seeds, lost: 0, doubled: 0, wrongWatermarks: 0, differentRoots: 0, incomplete: 0, failedSeeds: [] },
  });
});
