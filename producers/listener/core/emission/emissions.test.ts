import { describe, expect, it } from '@jest/globals';
import { Emissions, isVouched, type PendingEmission } from './emissions.ts';

const emission = (change: Partial<PendingEmission> = {}): PendingEmission => ({
  ...{ signature: 'sig', slot: 7, failed: false, events: [], offsets: new Map<number, number>(), tainted: false },
  ...change,
});

describe('what a watermark may vouch for', () => {
  it('is what finality shows in the same slot with the same outcome', () => {
    expect(isVouched(emission(), { slot: 7, failed: false })).toBe(true);
    expect(isVouched(emission({ failed: true }), { slot: 7, failed: true })).toBe(true);
  });

  it('is not a success that finality shows as failed, nor the other way round', () => {
    expect(isVouched(emission(), { slot: 7, failed: true })).toBe(false);
    expect(isVouched(emission({ failed: true }), { slot: 7, failed: false })).toBe(false);
  });

  it('is not what finality shows in another slot', () => {
    expect(isVouched(emission(), { slot: 8, failed: false })).toBe(false);
  });

  it('is not a transaction that was taken back before and came again', () => {
    const emissions = new Emissions();
    emissions.recordConfirmed(emission());
    emissions.recordRetracted('sig', 7);
    emissions.recordConfirmed(emission({ slot: 9 }));
    const again = emissions.pending('sig');
    expect(again).toMatchObject({ slot: 9, tainted: true });
    expect(again !== undefined && isVouched(again, { slot: 9, failed: false })).toBe(false);
  });
});

describe('what a listener has written', () => {
  const offsets = (...pairs: [number, number][]): Map<number, number> => new Map(pairs);

  it('is pending until it is final, taken back, or vouched for by a watermark at or above its slot', () => {
    const emissions = new Emissions();
    for (const [signature, slot] of [
      ['a', 7],
      ['b', 8],
      ['c', 9],
      ['d', 9],
    ] as const)
      emissions.recordConfirmed(emission({ signature, slot }));
    expect([emissions.pendingCount, emissions.finalCount]).toEqual([4, 0]);
    expect(emissions.pendingUpTo(8).map(({ signature }) => signature)).toEqual(['a', 'b']);
    emissions.recordWatermark(8);
    emissions.recordFinal('c', 9);
    emissions.recordRetracted('d', 9);
    expect(['a', 'b', 'c', 'd'].map((signature) => emissions.isFinal(signature))).toEqual([true, true, true, false]);
    expect([emissions.pendingCount, emissions.finalCount, emissions.wasTakenBack('d')]).toEqual([0, 3, true]);
    emissions.recordConfirmed(emission({ signature: 'a', slot: 20 }));
    expect(emissions.pending('a')).toBeUndefined();
  });

  it('is forgotten below a slot, and not at it', () => {
    const emissions = new Emissions();
    emissions.recordFinal('a', 7);
    emissions.recordFinal('b', 8);
    emissions.recordRetracted('c', 7);
    emissions.recordRetracted('d', 8);
    emissions.prune(8);
    expect([emissions.isFinal('a'), emissions.isFinal('b')]).toEqual([false, true]);
    expect([emissions.wasTakenBack('c'), emissions.wasTakenBack('d')]).toEqual([false, true]);
  });

  it('may stand from the lowest offset on in each partition', () => {
    const emissions = new Emissions();
    expect([...emissions.pendingOffsets()]).toEqual([]);
    emissions.recordConfirmed(emission({ signature: 'a', offsets: offsets([0, 5], [1, 9]) }));
    emissions.recordConfirmed(emission({ signature: 'b', offsets: offsets([0, 7], [1, 3], [2, 4]) }));
    expect(emissions.pendingOffsets()).toEqual(offsets([0, 5], [1, 3], [2, 4]));
  });

  it('is not vouched for where it was tainted, or where a block time was not known', () => {
    expect(isVouched(emission({ tainted: true }), { slot: 7, failed: false })).toBe(false);
    const timed = (...times: (number | null)[]) => {
      const events = times.map((blockTime) => ({ tx: { blockTime } })) as unknown as PendingEmission['events'];
      return isVouched(emission({ events }), { slot: 7, failed: false });
    };
    expect([timed(1, 2), timed(1, null)]).toEqual([true, false]);
  });
});
