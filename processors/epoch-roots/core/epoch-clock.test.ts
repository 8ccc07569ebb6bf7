import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RULES } from '../testing/records.ts';
import { EpochClock, type Sample } from './epoch-clock.ts';
import type { Rules } from './rules.ts';

/** The rule as it is written down, over all watermarks that moved the head: no pruning, no search. */
function timedThrough(rules: Rules, heads: readonly Sample[], streamTime: number): number {
  const { durationSlots } = rules.schedule;
  let through = -1;
  for (let epoch = 0; ; epoch += 1) {
    const end = (epoch + 1) * durationSlots - 1;
    const after = heads.find(([slot]) => slot > end);
    const before = heads.findLast(([slot]) => slot <= end);
    if (after === undefined) return through;
    const time =
      before === undefined
        ? after[1] - 0.2 * (after[0] - end)
        : before[1] + ((after[1] - before[1]) * (end - before[0])) / (after[0] - before[0]);
    if (streamTime < time + rules.finalizeThresholdSecs) return through;
    through = epoch;
  }
}

describe('the epoch clock', () => {
  const steps = fc.array(
    fc.record({ slots: fc.integer({ min: -4, max: 25 }), secs: fc.integer({ min: -2, max: 20 }) }),
    { minLength: 1, maxLength: 25 },
  );
  const rules = fc
    .record({ durationSlots: fc.constantFrom(1, 3, 10, 40), finalizeThresholdSecs: fc.constantFrom(0, 2, 30) })
    .map(
      ({ durationSlots, finalizeThresholdSecs }): Rules => ({
        ...RULES,
        finalizeThresholdSecs,
        schedule: { durationSlots, base: 0n },
      }),
    );

  it('times the epochs that the written rule times, whatever the watermarks', () => {
    fc.assert(
      fc.property(rules, steps, (given, moves) => {
        let clock = EpochClock.start;
        let [slot, time] = [20, 1000];
        const heads: Sample[] = [];
        let streamTime = Number.NEGATIVE_INFINITY;
        for (const move of moves) {
          slot = Math.max(0, slot + move.slots);
          time += move.secs;
          streamTime = Math.max(streamTime, time);
          if (slot > (heads.at(-1)?.[0] ?? -1)) heads.push([slot, streamTime]);
          clock = clock.observe(given, slot, time);
          expect(clock.timedThrough).toBe(timedThrough(given, heads, streamTime));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('takes the end of an epoch before the first watermark for as late as the fastest cluster allows', () => {
    // Epoch 0 ends at slot 9, 10 slots before the watermark at slot 19: 2 s where a slot takes 200 ms, 4 s where it takes 400.
    expect(EpochClock.start.observe({ ...RULES, finalizeThresholdSecs: 2 }, 19, 1000).timedThrough).toBe(0);
    expect(EpochClock.start.observe({ ...RULES, finalizeThresholdSecs: 3 }, 19, 1000).timedThrough).toBe(-1);
  });

  it('does not count an epoch whose last slot the head has not passed', () => {
    expect(EpochClock.start.observe({ ...RULES, finalizeThresholdSecs: 0 }, 9, 1000).timedThrough).toBe(-1);
    expect(EpochClock.start.observe({ ...RULES, finalizeThresholdSecs: 0 }, 10, 1000).timedThrough).toBe(0);
  });

  it('keeps 64 watermarks at most while every one has an epoch end beside it, the first and the newest among them', () => {
    let clock = EpochClock.start;
    // A threshold that is never over: no epoch is timed, so that none can be let go.
    const slow: Rules = { ...RULES, finalizeThresholdSecs: 1_000_000 };
    for (let slot = 5; slot < 1000; slot += 10) clock = clock.observe(slow, slot, slot);
    expect(clock.samples).toHaveLength(64);
    expect([clock.samples[0], clock.samples.at(-1)]).toEqual([
      [5, 5],
      [995, 995],
    ]);
    expect(clock.headSlot).toBe(995);
  });

  it('keeps a watermark that an epoch end stands beside, on either side, and no other', () => {
    const slow: Rules = { ...RULES, finalizeThresholdSecs: 1_000_000 };
    const slotsAfter = (...slots: number[]) =>
      slots.reduce((clock, slot) => clock.observe(slow, slot, slot), EpochClock.start).samples.map(([slot]) => slot);
    expect(slotsAfter(1, 2, 3)).toEqual([3]);
    expect(slotsAfter(1, 2, 13)).toEqual([2, 13]);
    expect(slotsAfter(1, 12, 13)).toEqual([1, 12, 13]);
    expect(slotsAfter(1, 9, 10)).toEqual([9, 10]);
    expect(slotsAfter(1, 12, 13, 14)).toEqual([1, 12, 14]);
    expect(slotsAfter(5, 4, 5)).toEqual([5]);
  });

  it('keeps only the watermarks around the epoch ends that still wait', () => {
    let clock = EpochClock.start;
    const long: Rules = { ...RULES, schedule: { durationSlots: 432_000, base: 0n }, finalizeThresholdSecs: 300 };
    for (let slot = 1; slot < 2_000_000; slot += 97) clock = clock.observe(long, slot, Math.floor(slot * 0.4));
    expect(clock.samples.length).toBeLessThanOrEqual(4);
    expect(clock.timedThrough).toBe(3);
  });
});
