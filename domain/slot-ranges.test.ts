import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { covers, holdsSlot, type SlotRange, spanOf, touches, unionWith } from './slot-ranges.ts';

const range = fc.tuple(fc.nat(60), fc.nat(8)).map(([fromSlot, length]) => ({ fromSlot, toSlot: fromSlot + length }));
const unionOf = (ranges: readonly SlotRange[]): readonly SlotRange[] =>
  ranges.reduce<readonly SlotRange[]>((union, one) => unionWith(union, one), []);

describe('ranges of slots', () => {
  it('join to exactly the slots that were added, in disjoint, ascending ranges that do not touch', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 20 }), range, (added, wanted) => {
        const union = unionOf(added);
        for (let slot = 0; slot <= 70; slot += 1)
          expect(union.some((one) => holdsSlot(one, slot))).toBe(added.some((one) => holdsSlot(one, slot)));
        for (const [i, { fromSlot }] of union.entries())
          expect(fromSlot).toBeGreaterThan((union[i - 1]?.toSlot ?? -2) + 1);
        const slots = Array.from({ length: wanted.toSlot - wanted.fromSlot + 1 }, (_, i) => wanted.fromSlot + i);
        expect(covers(union, wanted)).toBe(slots.every((slot) => added.some((one) => holdsSlot(one, slot))));
        if (covers(union, wanted)) expect(unionWith(union, wanted)).toBe(union);
      }),
      { numRuns: 500 },
    );
  });

  it('grow where what is added begins before them, and hold a range that begins with them', () => {
    expect(unionWith([{ fromSlot: 5, toSlot: 10 }], { fromSlot: 3, toSlot: 10 })).toEqual([
      { fromSlot: 3, toSlot: 10 },
    ]);
    expect(covers([{ fromSlot: 5, toSlot: 10 }], { fromSlot: 5, toSlot: 7 })).toBe(true);
  });

  it('touch when not a slot is missing between them, from either side', () => {
    const low = { fromSlot: 0, toSlot: 9 };
    const next = { fromSlot: 10, toSlot: 19 };
    const far = { fromSlot: 21, toSlot: 30 };
    expect([touches(low, next), touches(next, low), touches(next, far), touches(far, next)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(spanOf(far, low)).toEqual({ fromSlot: 0, toSlot: 30 });
    expect(unionOf([low, far, next])).toEqual([{ fromSlot: 0, toSlot: 19 }, far]);
  });
});
