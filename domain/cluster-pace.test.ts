import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PaceWindow, paceOf, SLOWEST_SLOT_MS, secondsBehind, type TimedSlot } from './cluster-pace.ts';

const FIRST = 1_760_000_000;

/** Block times of every slot that has a block, at one pace. */
function steady(slots: readonly number[], slotMs: number): TimedSlot[] {
  return slots.map((slot) => ({ slot, blockTime: FIRST + Math.floor((slot * slotMs) / 1000) }));
}

describe('the pace of a cluster', () => {
  const cluster = fc.record({
    slotMs: fc.integer({ min: 20, max: 3000 }),
    // Slots with a block, some seconds apart: the slots between may have blocks or not.
    gaps: fc.array(fc.double({ min: 2, max: 9, noNaN: true }), { minLength: 8, maxLength: 24 }),
  });
  const timed = ({ slotMs, gaps }: { slotMs: number; gaps: readonly number[] }): TimedSlot[] => {
    let slot = 1000;
    return steady(
      gaps.map((seconds) => (slot += Math.ceil((seconds * 1000) / slotMs))),
      slotMs,
    );
  };

  it('is what the block times show, whatever it is and whichever slots have a block', () => {
    fc.assert(
      fc.property(cluster, (shape) => {
        const { slotMs = 0 } = paceOf(timed(shape));
        // Whole seconds over a span of at least 16 of them.
        expect(Math.abs(slotMs / shape.slotMs - 1)).toBeLessThan(0.15);
      }),
    );
  });

  it('is not moved far by a quarter of the block times, whatever they say', () => {
    const wrong = fc.array(fc.integer({ min: -100_000, max: 100_000 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(wrong, fc.integer({ min: 50, max: 2000 }), fc.nat(), (errors, slotMs, seed) => {
        const slots = Array.from({ length: 20 }, (_, index) => 100 + Math.ceil((index * 4000) / slotMs));
        const told = steady(slots, slotMs);
        for (const [nth, error] of errors.entries()) {
          const at = (seed + nth * 7) % told.length;
          told[at] = { slot: slots[at] ?? 0, blockTime: (told[at]?.blockTime ?? 0) + error };
        }
        expect(Math.abs((paceOf(told).slotMs ?? 0) / slotMs - 1)).toBeLessThan(0.25);
      }),
    );
  });

  it.each([
    ['too few block times', steady([1, 101, 201, 301], 400), /only 4 block times/],
    ['a span too short for whole seconds', steady([1, 2, 3, 4, 10], 400), /span|no cluster/],
    ['times that stand still', [1, 2, 3, 4, 500].map((slot) => ({ slot, blockTime: FIRST })), /no cluster/],
    ['times that go backwards', [1, 2, 3, 4, 5].map((slot) => ({ slot, blockTime: FIRST - 9 * slot })), /no cluster/],
    ['one slot, told again and again', Array.from({ length: 9 }, () => ({ slot: 7, blockTime: FIRST })), /no cluster/],
  ])('is not known of %s, and says why', (_what, slots, reason) => {
    expect(paceOf(slots)).toEqual({ slotMs: undefined, reason: expect.stringMatching(reason) });
  });

  it('is the middle one of the paces between each two, or lies between the middle two', () => {
    const timesAt = (...times: number[]) => times.map((time, at) => ({ slot: at * 10, blockTime: FIRST + time }));
    // Between each two: 400, 400, 400, 433, 450, 500, 500, 533, 600, 700.
    expect(paceOf(timesAt(0, 4, 8, 13, 20)).slotMs).toBe(475);
    // Those to the slots before the last two, which come late: 400 ten times of 21; the eleventh is the next above.
    expect(paceOf(timesAt(0, 4, 8, 12, 16, 25, 40)).slotMs).toBe(500);
  });

  it('is known from a slot that is told twice', () => {
    expect(paceOf(steady([0, 10, 20, 30, 10, 40], 400)).slotMs).toBe(400);
  });

  it.each([
    ['10 ms, the fastest', steady([0, 1000, 2000, 3000, 4000], 10), 10],
    ['10 s, the slowest', steady([0, 1, 2, 3, 4], 10_000), 10_000],
    ['20 s, which none has', steady([0, 1, 2, 3, 4], 20_000), undefined],
    ['whole seconds over ten of them', steady([0, 2, 4, 6, 10], 1000), 1000],
    ['whole seconds over six of them', steady([1000, 1001, 1002, 1003, 1006], 1000), undefined],
  ])('%s: is known where a cluster can have it and it was seen long enough', (_what, slots, slotMs) => {
    expect(paceOf(slots).slotMs).toBe(slotMs);
  });

  it('follows a cluster from 400 to 200 ms a slot within about a minute', () => {
    const window = new PaceWindow();
    expect(window.pace.reason).toMatch(/only 0 block times/);
    let [slot, seconds] = [0, FIRST];
    const pass = (slotMs: number, forSeconds: number): void => {
      for (const end = seconds + forSeconds; seconds < end; seconds += 2) window.note((slot += 2000 / slotMs), seconds);
    };
    pass(400, 120);
    expect(window.pace.slotMs).toBe(400);
    pass(200, 60);
    expect(window.pace.slotMs).toBe(200);
  });

  it('counts the block times that were noted', () => {
    const window = new PaceWindow();
    for (const { slot, blockTime } of steady([100, 110, 120, 130], 400)) window.note(slot, blockTime);
    expect(window.pace.reason).toMatch(/only 4 block times/);
  });

  it('takes in nothing that is older than what it knows, or at the same time', () => {
    const window = new PaceWindow();
    for (const { slot, blockTime } of steady([100, 110, 120, 130, 140, 150, 160], 400)) window.note(slot, blockTime);
    const { pace } = window;
    expect(pace.slotMs).toBe(400);
    window.note(150, FIRST + 900);
    window.note(161, FIRST + 64);
    window.note(160, FIRST + 900);
    expect(window.pace).toBe(pace);
  });
});

describe('seconds behind', () => {
  const known = { slotMs: 200 };
  const unknown = paceOf([]);
  const [behind, ahead] = [
    { slot: 100, blockTime: 5000 },
    { slot: 400, blockTime: 5130 },
  ] as const;

  it.each([
    ['are the difference of the block times, whatever the pace', behind, ahead, known, 130],
    ['are by the pace where a block time is missing', behind, { ...ahead, blockTime: undefined }, known, 60],
    [
      'are too many rather than too few where nothing is known',
      { ...behind, blockTime: undefined },
      ahead,
      unknown,
      (300 * SLOWEST_SLOT_MS) / 1000,
    ],
    ['are none at the tip or beyond', ahead, behind, unknown, 0],
    ['are none beyond, block times or not', ahead, { ...behind, blockTime: undefined }, known, 0],
    ['are none in one slot, whatever the times', behind, { ...behind, blockTime: 5130 }, known, 0],
    ['are none where block times go backwards', behind, { ...ahead, blockTime: 4000 }, known, 0],
  ])('%s', (_what, from, to, pace, seconds) => {
    expect(secondsBehind(from, to, pace)).toBe(seconds);
  });
});
