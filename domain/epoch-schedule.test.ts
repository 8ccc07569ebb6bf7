import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { epochIndexOfSlot, epochOfSlot, slotsOfEpoch, slotsOfEpochIndex } from './epoch-schedule.ts';

describe('epochs by slot', () => {
  const schedule = { durationSlots: 10, base: 1000n };

  it('change exactly behind the last slot of an epoch, and are numbered from the base', () => {
    expect([0, 9, 10, 19, 20].map((slot) => epochOfSlot(schedule, slot))).toEqual([1000n, 1000n, 1001n, 1001n, 1002n]);
    expect([0, 9, 10].map((slot) => epochIndexOfSlot(schedule, slot))).toEqual([0, 0, 1]);
    expect(slotsOfEpoch(schedule, 1001n)).toEqual({ startSlot: 10, endSlot: 19 });
    expect(slotsOfEpochIndex(schedule, 0)).toEqual({ fromSlot: 0, toSlot: 9 });
  });

  it('have exactly the slots that lead to them, whatever the duration and the base', () => {
    const anySchedule = fc.record({
      durationSlots: fc.integer({ min: 1, max: 432_000 }),
      base: fc.bigInt(0n, 2n ** 40n),
    });
    fc.assert(
      fc.property(anySchedule, fc.nat(2 ** 31), (some, slot) => {
        const epoch = epochOfSlot(some, slot);
        const { startSlot, endSlot } = slotsOfEpoch(some, epoch);
        expect(endSlot - startSlot + 1).toBe(some.durationSlots);
        expect([epochOfSlot(some, startSlot), epochOfSlot(some, endSlot), epochOfSlot(some, endSlot + 1)]).toEqual([
          epoch,
          epoch,
          epoch + 1n,
        ]);
        expect(startSlot <= slot && slot <= endSlot).toBe(true);
      }),
    );
  });
});
