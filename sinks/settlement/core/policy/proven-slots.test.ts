import { describe, expect, it } from '@jest/globals';
import { type ProvenSlots, provenEverywhere } from './proven-slots.ts';

const range = (partition: number, fromSlot: number, toSlot: number): ProvenSlots => ({ partition, fromSlot, toSlot });
const root = { startSlot: 100, endSlot: 109 };
const seen = (partitions: number, ...proven: ProvenSlots[]) =>
  provenEverywhere(proven, partitions, { root, headSlot: 200 });

describe('how far the listeners have proven the chain', () => {
  it.each<[string, ProvenSlots[], number | undefined]>([
    ['from before the root to behind it', [range(0, 90, 120)], undefined],
    ['just the root', [range(0, 100, 109)], undefined],
    ['in pieces that touch, in any order', [range(0, 105, 109), range(0, 80, 104)], undefined],
    ['a piece within another', [range(0, 90, 107), range(0, 95, 99), range(0, 108, 109)], undefined],
    ['all but the last slot', [range(0, 90, 108)], 109],
    ['all but the first slot', [range(0, 101, 120)], 100],
    ['with a hole', [range(0, 90, 103), range(0, 105, 120)], 104],
    ['nothing', [], 100],
  ])('%s', (_what, proven, gapFromSlot) => {
    expect(seen(1, ...proven).gapFromSlot).toBe(gapFromSlot);
  });

  it('is where the slowest partition is, with and without holes', () => {
    expect(seen(2, range(0, 90, 150), range(1, 90, 105))).toEqual({ gapFromSlot: 106, listenerBehindSlots: 95 });
    expect(seen(2, range(0, 90, 150), range(1, 110, 190))).toEqual({ gapFromSlot: 100, listenerBehindSlots: 50 });
    expect(seen(2, range(0, 90, 150))).toEqual({ gapFromSlot: 100, listenerBehindSlots: 201 });
  });

  it('is not behind a head that a node is slow to tell', () => {
    expect(seen(1, range(0, 90, 250)).listenerBehindSlots).toBe(0);
    expect(seen(1, range(0, 90, 199)).listenerBehindSlots).toBe(1);
  });
});
