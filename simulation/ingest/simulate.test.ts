import { describe, expect, it } from '@jest/globals';
import { simulate } from './simulate.ts';

describe('simulation of the listener under faults', () => {
  it('loses nothing, counts nothing twice, proves nothing wrong, and ends in the same roots, for 25 seeds', async () => {
    const summary = await simulate({ firstSeed: 1, seeds: 25 });
    expect(summary).toMatchObject({
      seeds: 25,
      lost: 0,
      doubled: 0,
      wrongWatermarks: 0,
      differentRoots: 0,
      incomplete: 0,
      failedSeeds: [],
    });
    // The seeds are worth something: they bring every kind of fault.
    const kinds = Object.keys(summary.faultsInjected).sort();
    expect(kinds).toEqual(
      [
        'blockTimeMissing',
        'crash',
        'emptyPage',
        'laggingBackEnd',
        'metaMissing',
        'notificationDoubled',
        'notificationDropped',
        'nullTransaction',
        'rowsOmitted',
        'rowsReordered',
        'rpcError',
        'shortPage',
        'socketOutage',
        'transactionFailed',
        'transactionUnknown',
      ].sort(),
    );
  });

  it('gives the same faults and the same result for the same seed', async () => {
    const first = await simulate({ firstSeed: 7, seeds: 1 });
    const second = await simulate({ firstSeed: 7, seeds: 1 });
    expect(second).toEqual(first);
  });
});
