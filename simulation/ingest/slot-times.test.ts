import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SeededRandom } from '../random.ts';
import { changingSlots, SlotTimes, steadySlots } from './slot-times.ts';

describe('the slots of a simulated chain', () => {
  it('begin one after the other, and each moment is in the slot that began last', () => {
    const durations = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(durations, fc.integer({ min: 0, max: 40_000 }), (durationsMs, ms) => {
        const times = new SlotTimes(durationsMs);
        const slot = times.slotAt(ms);
        expect(times.startMs(slot)).toBeLessThanOrEqual(ms);
        expect(times.startMs(slot + 1)).toBeGreaterThan(ms);
      }),
    );
  });

  it('take 400 ms where nothing changes', () => {
    expect([steadySlots().startMs(1000), steadySlots().slotAt(400_000), steadySlots().changes]).toEqual([
      400_000,
      1000,
      [],
    ]);
  });

  it('go from 400 to 200 ms, then at random, where they change', () => {
    const times = changingSlots(new SeededRandom(1), 100);
    const took = (slot: number): number => times.startMs(slot + 1) - times.startMs(slot);
    expect([took(0), took(69)]).toEqual([400, 200]);
    expect(times.changes.length).toBeGreaterThan(20);
  });
});
