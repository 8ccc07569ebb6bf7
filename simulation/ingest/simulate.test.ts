import { describe, expect, it } from '@jest/globals';
import { keptSeeds } from '../../tests/testing/kept-seeds.ts';
import { type Kind, simulate } from './simulate.ts';

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
        'blockMissing',
        'blockTimeMissing',
        'crash',
        'emptyPage',
        'historyPruned',
        'incompleteAnswer',
        'laggingBackEnd',
        'otherChain',
        'rowHiddenForHours',
        'rowsFiltered',
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

  it.each(['alpenglow', 'migration', 'slot-time'] as const)(
    'holds for 25 seeds of a cluster under %s',
    async (kind) => {
      const summary = await simulate({ firstSeed: 1, seeds: 25, kind });
      expect(summary).toMatchObject({ failedSeeds: [], lost: 0, doubled: 0, wrongWatermarks: 0, differentRoots: 0 });
      expect(summary.faultsInjected.oneStep).toBeGreaterThan(kind === 'alpenglow' ? 24 : 12);
      // Every seed has slots whose length changes, by steps and then at random.
      expect(summary.faultsInjected.slotTimeChanged ?? 0).toBeGreaterThanOrEqual(kind === 'slot-time' ? 25 * 10 : 0);
    },
  );

  it('fetches none of 10,000 free failures a minute, and keeps up with the chain, for 6 seeds', async () => {
    const summary = await simulate({ firstSeed: 1, seeds: 6, kind: 'spam' });
    expect(summary).toMatchObject({ failedSeeds: [], lost: 0, doubled: 0, wrongWatermarks: 0, differentRoots: 0 });
    expect(summary.spamFetched).toBe(0);
    expect(summary.calmBehindMs).toBeLessThanOrEqual(10_000);
    expect(summary.faultsInjected.spamListed).toBeGreaterThan(100_000);
  });

  it.each(keptSeeds('ingest'))(
    'holds for seed $seed under $kind, which once failed: $cause',
    async ({ seed, kind }) => {
      expect(await simulate({ firstSeed: seed, seeds: 1, kind: kind as Kind })).toMatchObject({
        seeds: 1,
        failedSeeds: [],
      });
    },
  );

  it('gives the same faults and the same result for the same seed', async () => {
    const first = await simulate({ firstSeed: 7, seeds: 1 });
    const second = await simulate({ firstSeed: 7, seeds: 1 });
    expect(second).toEqual(first);
  });
});
