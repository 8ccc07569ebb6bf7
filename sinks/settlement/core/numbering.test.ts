import { describe, expect, it } from '@jest/globals';
import { codeOf } from '../../../runtime/errors.ts';
import {
  assertChangeable,
  baseInForce,
  baseTooLow,
  type EmittedRoot,
  type NumberingSurvey,
  ringAbove,
} from './numbering.ts';
import type { RingSlotView } from './ports.ts';
import { PublishedRoots } from './published-roots.ts';
import { linesOf, renumbering } from './renumbering.ts';

const BYTES = 'ab'.repeat(32);

function ring(...epochs: bigint[]): RingSlotView[] {
  const slots = Array.from({ length: 10 }, () => ({ epoch: 0n, root: '0'.repeat(64) }));
  for (const epoch of epochs) slots[Number(epoch % 10n)] = { epoch, root: BYTES };
  return slots;
}

function root(epoch: bigint, change: Partial<EmittedRoot> = {}): EmittedRoot {
  return { channel: 'lacy', epoch, root: 'cd'.repeat(32), startSlot: 700, endSlot: 799, ...change };
}

function survey(change: Partial<NumberingSurvey> = {}): NumberingSurvey {
  const parts = {
    slot: 900,
    rings: new Map([['account of lacy', ring()]]),
    roots: [],
    published: new PublishedRoots(),
  };
  return { ...parts, accountOf: (channel) => `account of ${channel}`, ...change };
}

function failureOf(work: () => void): string {
  try {
    work();
  } catch (error) {
    return `${codeOf(error)} ${(error as Error).message}`;
  }
  return 'changeable';
}

describe('the base of the epochs', () => {
  it.each([
    [0n, [1_763_942_401n], 1_763_942_410n],
    [0n, [9n], 10n],
    [10n, [9n], undefined],
    [10n, [10n], 20n],
    [1_763_942_410n, [1_763_942_401n, 1_763_942_409n], undefined],
    [0n, [], undefined],
    [500n, [499n, 527n], 530n],
  ])('%s is held against rings that hold %j: the base to set is %s', (base, epochs, required) => {
    const above = ringAbove(
      survey({
        rings: new Map(
          [
            ['other', ring(3n)],
            ['account of lacy', ring(...epochs)],
          ].slice(base === 0n ? 1 : 0) as [string, RingSlotView[]][],
        ),
      }),
      base,
    );
    expect(above?.required).toBe(required);
  });

  it('names the highest of several rings, and the base in the sentence', () => {
    const rings = new Map([
      ['a', ring(41n)],
      ['b', ring(95n, 87n)],
      ['c', ring(60n)],
    ]);
    const above = ringAbove(survey({ rings }), 0n);
    expect(above).toEqual({ account: 'b', epoch: 95n, required: 100n });
    expect(above && baseTooLow(above, 0n).message).toMatch(/account b holds epoch 95.*set EPOCH_BASE=100 /);
  });

  it('does not mind a root in the ring that stands on our topic with the same bytes', () => {
    const rings = new Map([['account of lacy', ring(12n)]]);
    expect(ringAbove(survey({ rings, roots: [root(12n, { root: BYTES })] }), 0n)).toBeUndefined();
    expect(ringAbove(survey({ rings, roots: [root(12n)] }), 0n)?.required).toBe(20n);
    expect(ringAbove(survey({ rings, roots: [root(12n, { root: BYTES, channel: 'other' })] }), 0n)?.required).toBe(20n);
  });

  it('is that of the roots on the topic once there are any', () => {
    expect(baseInForce([], 30n)).toBe(30n);
    expect(baseInForce([root(17n), root(18n, { startSlot: 800, endSlot: 899 })], 30n)).toBe(10n);
  });
});

describe('changing the base', () => {
  it('is refused once a root of ours is on chain, by the ledger or by the ring', () => {
    const published = new PublishedRoots();
    published.note({ ...root(17n), status: 'FINALIZED', slot: 5, signature: 's' });
    expect(failureOf(() => assertChangeable(survey({ roots: [root(17n)], published }), 100n))).toMatch(
      /^EPOCH_BASE_IN_USE .*lacy, epoch 17 \(slots 700 to 799\)/,
    );
    const rings = new Map([['account of lacy', ring(17n)]]);
    expect(failureOf(() => assertChangeable(survey({ rings, roots: [root(17n, { root: BYTES })] }), 100n))).toMatch(
      /^EPOCH_BASE_IN_USE /,
    );
  });

  it.each([
    [105n, /^OPTION_INVALID .*multiple of 10/],
    [20n, /^OPTION_INVALID .*must be 60 or more/],
    [60n, /^OPTION_INVALID .*above epoch 63/],
    [70n, /^changeable/],
  ])('to %s, with 55 in a ring and 63 emitted', (to, expected) => {
    const rings = new Map([['account of other', ring(55n)]]);
    expect(failureOf(() => assertChangeable(survey({ rings, roots: [root(63n)] }), to))).toMatch(expected);
  });

  it('is refused while a transaction with a root of ours may still land', () => {
    const published = new PublishedRoots();
    const row = { ...root(17n), slot: null, signature: 'one' };
    published.note({ ...row, status: 'PENDING' });
    published.note({ ...row, status: 'PENDING', signature: 'two' });
    published.note({ ...row, status: 'FAILED', signature: 'two' });
    const change = (): void => assertChangeable(survey({ roots: [root(17n)], published }), 100n);
    expect(failureOf(change)).toMatch(/^EPOCH_BASE_IN_USE .*may still land/);
    published.note({ ...row, status: 'FAILED' });
    expect(failureOf(change)).toBe('changeable');
  });

  it('is told by channel: what would be payable twice, what may still land, what is free', () => {
    const published = new PublishedRoots();
    published.note({ ...root(17n), status: 'FINALIZED', slot: 5, signature: 'a' });
    published.note({ ...root(18n), status: 'PENDING', slot: null, signature: 'b' });
    const roots = [root(17n), root(18n, { startSlot: 800, endSlot: 899 }), root(17n, { channel: 'other' })];
    expect(renumbering(survey({ roots, published }), 100n).flatMap(linesOf)).toEqual([
      expect.stringMatching(/^lacy: 1 roots of epochs 17 to 17 .*would be 107 to 107, are on chain/),
      expect.stringMatching(/^lacy: 1 roots of epochs 18 to 18 .*would be 108 to 108, are under way/),
      expect.stringMatching(/^other: 1 roots of epochs 17 to 17 .*are nowhere on chain/),
    ]);
  });
});
