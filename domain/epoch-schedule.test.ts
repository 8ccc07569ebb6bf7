import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  baseAbove,
  basesText,
  type EpochSchedule,
  epochIndexOfSlot,
  epochOfSlot,
  indexOfEpoch,
  isBases,
  parseBases,
  scheduleOf,
  slotsOfEpoch,
  slotsOfEpochIndex,
} from './epoch-schedule.ts';

describe('epochs by slot', () => {
  const schedule = { durationSlots: 10, base: 1000n };

  it('change exactly behind the last slot of an epoch, and are numbered from the base', () => {
    expect([0, 9, 10, 19, 20].map((slot) => epochOfSlot(schedule, slot))).toEqual([1000n, 1000n, 1001n, 1001n, 1002n]);
    expect([0, 9, 10].map((slot) => epochIndexOfSlot(schedule, slot))).toEqual([0, 0, 1]);
    expect(slotsOfEpoch(schedule, 1001n)).toEqual({ startSlot: 10, endSlot: 19 });
    expect(slotsOfEpochIndex(schedule, 0)).toEqual({ fromSlot: 0, toSlot: 9 });
  });

  it('go on from a later base with the epoch that it begins with, and are left out in between', () => {
    const stepped = scheduleAs(10, '1000,2000@20');
    expect([0, 19, 20, 29, 30].map((slot) => epochOfSlot(stepped, slot))).toEqual([1000n, 1001n, 2002n, 2002n, 2003n]);
    expect([999n, 1001n, 1002n, 2000n, 2001n, 2002n].map((epoch) => indexOfEpoch(stepped, epoch))).toEqual([
      ...[undefined, 1, undefined, undefined, undefined, 2],
    ]);
    expect(slotsOfEpoch(stepped, 2003n)).toEqual({ startSlot: 30, endSlot: 39 });
    expect(() => slotsOfEpoch(stepped, 1002n)).toThrow(/no epoch goes by 1002/);
  });

  it.each([
    '',
    'x',
    '10,',
    '10,20',
    '10@5',
    '-1',
    '1.5',
    `${2n ** 64n}`,
    '1,2@3@4',
    '10,20@1e3',
    ' 10',
    `1,${2n ** 64n}@10`,
  ])('are not numbered from %j', (text) => expect(parseBases(text)).toBeUndefined());

  it.each(['10,20@15', '10,20@0', '10,10@20', '10,5@20', '10,20@40,30@20', '10,20@20,30@20', '10,30@20,20@40'])(
    'are not numbered from %s with ten slots each: a number could mean two epochs',
    (text) => {
      const bases = parseBases(text);
      expect(bases && scheduleOf(10, bases)).toBeUndefined();
    },
  );

  it('have the base alone where there is no later one', () => {
    expect(scheduleAs(10, '7')).toStrictEqual({ durationSlots: 10, base: 7n });
  });

  it('are numbered above a ring from the next multiple of its ten slots', () => {
    expect([0n, 9n, 10n, 881n].map(baseAbove)).toEqual([10n, 10n, 20n, 890n]);
  });

  it.each([null, undefined, 'base later', 7n, { base: 1n }, { later: [] }])('are not told by %p', (value) => {
    expect(isBases(value)).toBe(false);
  });

  it('are told by bases that were read', () => {
    expect(isBases(parseBases('10,20@30'))).toBe(true);
  });

  it('rise with the slots and lead back to them, whatever the later bases', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.bigInt(1n, 1000n)), { maxLength: 4 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.bigInt(0n, 1000n), steps, (durationSlots, first, rises) => {
        let [index, base] = [0, first];
        const later = rises.map(([on, up]) => `${(base += up)}@${(index += on) * durationSlots}`);
        const text = [first, ...later].join(',');
        const schedule = scheduleAs(durationSlots, text);
        expect(basesText(schedule)).toBe(text);
        const numbers = Array.from({ length: index + 3 }, (_, at) => epochOfSlot(schedule, at * durationSlots));
        expect(numbers.map((number) => indexOfEpoch(schedule, number))).toEqual([...numbers.keys()]);
        expect([...numbers].sort((a, b) => (a < b ? -1 : 1))).toEqual(numbers);
      }),
    );
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

function scheduleAs(durationSlots: number, text: string): EpochSchedule {
  const bases = parseBases(text);
  const schedule = bases && scheduleOf(durationSlots, bases);
  if (schedule === undefined) throw new Error(`no schedule: ${text}`);
  return schedule;
}
