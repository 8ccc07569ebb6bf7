import { describe, expect, it } from '@jest/globals';
import type { Cursor } from '../../../../schemas/records.ts';
import { emptyCursor } from '../reading/start-position.ts';
import { Emissions } from './emissions.ts';
import { ListenerState } from './listener-state.ts';

const OVERLAP = 10;
const BEGAN = [
  { partition: 1, offset: 5 },
  { partition: 0, offset: 7 },
];

function cursorAt(slot: number, fromSlot = 3): Cursor {
  return { ...emptyCursor('north', fromSlot, BEGAN, 0, 'genesis'), slot };
}

/** Begun anew, with watermarks of these slots, each at 100 times its slot in both partitions. */
function stateAfter(...slots: number[]): ListenerState {
  const state = new ListenerState(OVERLAP);
  state.restore(cursorAt(2), new Emissions());
  for (const slot of slots) state.advanced(cursorAt(slot), offsetsOf(slot));
  return state;
}

const offsetsOf = (slot: number): Map<number, number> =>
  new Map([
    [0, slot * 100],
    [1, slot * 100 + 1],
  ]);

const pendingAt = (signature: string, slot: number, offset: number, tainted = false) => ({
  ...{ signature, slot, failed: false, events: [], offsets: new Map([[1, offset]]), tainted },
});

describe('where a successor begins to read back', () => {
  it('is where this listener began, in the order of partitions, until a watermark stands below the overlap', () => {
    const began = BEGAN.toReversed();
    expect(stateAfter().resumeOffsets(2)).toEqual(began);
    expect(stateAfter(20).resumeOffsets(29)).toEqual(began);
  });

  it('is the last watermark that stands a whole overlap below the cursor', () => {
    const from20 = [
      { partition: 0, offset: 2000 },
      { partition: 1, offset: 2001 },
    ];
    expect(stateAfter(20, 25).resumeOffsets(30)).toEqual(from20);
    expect(stateAfter(20, 25).resumeOffsets(34)).toEqual(from20);
    expect(stateAfter(20, 25).resumeOffsets(35)).toEqual([
      { partition: 0, offset: 2500 },
      { partition: 1, offset: 2501 },
    ]);
  });

  it('is not behind what is still pending, in its partition', () => {
    const state = stateAfter(20);
    state.emissions.recordConfirmed(pendingAt('late', 40, 1950));
    expect(state.resumeOffsets(30)).toEqual([
      { partition: 0, offset: 2000 },
      { partition: 1, offset: 1950 },
    ]);
    state.emissions.recordConfirmed(pendingAt('later', 41, 2100));
    state.emissions.recordFinal('late', 40);
    expect(state.resumeOffsets(30)).toEqual([
      { partition: 0, offset: 2000 },
      { partition: 1, offset: 2001 },
    ]);
  });

  it('never goes back to an older watermark', () => {
    const state = stateAfter(20, 40);
    state.resumeOffsets(50);
    expect(state.resumeOffsets(30)).toEqual([
      { partition: 0, offset: 4000 },
      { partition: 1, offset: 4001 },
    ]);
  });
});

describe('what a watermark makes of the state', () => {
  it('is final up to its slot, and forgotten below the overlap', () => {
    const state = stateAfter();
    state.emissions.recordConfirmed(pendingAt('in', 20, 1));
    state.emissions.recordConfirmed(pendingAt('above', 21, 2));
    state.emissions.recordFinal('old', 10);
    state.emissions.recordFinal('in the overlap', 11);
    state.advanced(cursorAt(20), offsetsOf(20));
    expect(state.cursor?.slot).toBe(20);
    expect(['in', 'above', 'old', 'in the overlap'].map((each) => state.emissions.isFinal(each))).toEqual([
      ...[true, false, false, true],
    ]);
    expect(state.emissions.pending('above')).toBeDefined();
  });

  it('walks look from the overlap below the cursor on, and not before the first slot', () => {
    const state = stateAfter(20);
    expect(state.floorSlot(cursorAt(20))).toBe(11);
    expect(state.floorSlot(cursorAt(20, 15))).toBe(15);
  });
});

describe('what the subscription told of', () => {
  it('is unexplained until it is written or it is known what became of it', () => {
    const state = stateAfter(20);
    for (const [signature, slot] of [
      ['below', 20],
      ['final', 22],
      ['pending', 22],
      ['gone', 22],
      ['open', 22],
      ['above', 23],
    ] as const)
      state.told(signature, slot);
    state.emissions.recordFinal('final', 22);
    state.emissions.recordConfirmed(pendingAt('pending', 22, 1));
    state.explained('gone');
    expect(state.unexplainedUpTo(22)).toEqual([{ signature: 'open', slot: 22 }]);
  });

  it('is remembered before there is a cursor too', () => {
    const state = new ListenerState(OVERLAP);
    state.told('first', 0);
    expect(state.unexplainedUpTo(0)).toEqual([{ signature: 'first', slot: 0 }]);
  });

  it('is forgotten behind a watermark, and not above it', () => {
    const state = stateAfter();
    state.told('in', 20);
    state.told('above', 21);
    state.advanced(cursorAt(20), offsetsOf(20));
    expect(state.unexplainedUpTo(30)).toEqual([{ signature: 'above', slot: 21 }]);
  });

  it('is forgotten from the oldest on where it is too much', () => {
    const state = stateAfter();
    for (let n = 0; n <= 20_000; n += 1) state.told(`s${n}`, 100);
    const left = state.unexplainedUpTo(100);
    expect([left.length, left[0]?.signature]).toEqual([20_000, 's1']);
  });
});

it('a state that was read back is another generation, on the chain of its cursor', () => {
  const state = new ListenerState(OVERLAP);
  const before = state.generation;
  state.restore(cursorAt(7), new Emissions());
  expect(state.generation).toBeGreaterThan(before);
  expect(state.genesisHash).toBe('genesis');
});
