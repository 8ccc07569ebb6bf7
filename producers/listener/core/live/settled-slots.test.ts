import { describe, expect, it } from '@jest/globals';
import { SETTLING_MS, SettledSlots } from './settled-slots.ts';

describe('the slots of which a subscription should have told everything', () => {
  it.each([400, 200, 50])('begin three seconds after it was made, at %i ms a slot', (slotMs) => {
    const settled = new SettledSlots();
    for (let slot = 100; slot * slotMs < 100 * slotMs + SETTLING_MS; slot += 1) settled.note(slot, slot * slotMs);
    expect(settled.sinceSlot).toBeUndefined();
    const first = 100 + SETTLING_MS / slotMs;
    settled.note(first, first * slotMs);
    settled.note(first + 1, (first + 1) * slotMs);
    expect(settled.sinceSlot).toBe(first);
  });

  it.each([400, 200, 50])('end three seconds ago, at %i ms a slot', (slotMs) => {
    const settled = new SettledSlots();
    expect(settled.untilSlot(0)).toBeUndefined();
    for (let slot = 100; slot <= 400; slot += 1) settled.note(slot, slot * slotMs);
    expect(settled.untilSlot(400 * slotMs)).toBe(400 - Math.ceil(SETTLING_MS / slotMs));
  });

  it('are not known anew after the subscription ended', () => {
    const settled = new SettledSlots();
    settled.note(1, 0);
    settled.note(2, SETTLING_MS);
    expect([settled.sinceSlot, settled.untilSlot(SETTLING_MS)]).toEqual([2, 1]);
    settled.clear();
    expect([settled.sinceSlot, settled.untilSlot(SETTLING_MS)]).toEqual([undefined, undefined]);
    settled.note(9, SETTLING_MS + 1);
    expect(settled.sinceSlot).toBeUndefined();
  });
});
