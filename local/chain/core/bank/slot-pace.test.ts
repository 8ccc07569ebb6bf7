import { describe, expect, it } from '@jest/globals';
import { SlotPace } from './slot-pace.ts';

describe('the pace of slots', () => {
  const pace = new SlotPace(400, [
    { fromSlot: 10, blockTimeMs: 300 },
    { fromSlot: 20, blockTimeMs: 200 },
  ]);

  it('adds up the lengths of the slots on the way', () => {
    expect(pace.between(0, 10)).toBe(4_000);
    expect(pace.between(8, 12)).toBe(2 * 400 + 2 * 300);
    expect(pace.between(5, 25)).toBe(5 * 400 + 10 * 300 + 5 * 200);
    expect(pace.between(7, 7)).toBe(0);
  });

  it('finds the slot that is open after a time, which is the way back', () => {
    for (let from = 0; from < 25; from += 3)
      for (let to = from; to < 40; to += 1) {
        expect(pace.slotAfter(from, pace.between(from, to))).toBe(to);
        expect(pace.slotAfter(from, pace.between(from, to + 1) - 1)).toBe(to);
      }
  });

  it('changes from a slot on', () => {
    const changing = new SlotPace(400);
    changing.change({ fromSlot: 3, blockTimeMs: 100 });
    expect(changing.between(0, 5)).toBe(3 * 400 + 2 * 100);
  });
});
