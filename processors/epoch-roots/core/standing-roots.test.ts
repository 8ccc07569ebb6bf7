import { describe, expect, it } from '@jest/globals';
import type { RootFinalized } from '../../../schemas/records.ts';
import { RULES } from '../testing/records.ts';
import type { Rules } from './rules.ts';
import { StandingRoots } from './standing-roots.ts';

const under = (base: bigint, ...later: { fromIndex: number; base: bigint }[]): Rules => ({
  ...RULES,
  schedule: { durationSlots: 10, base, later },
});

/** Of the epoch with this index, made at this offset. */
function root(index: number, epoch: bigint, sourceOffset: number): RootFinalized {
  const slots = { startSlot: index * 10, endSlot: index * 10 + 9 };
  const rules = { recipe: RULES.recipe, oddNode: RULES.oddNode };
  return { channel: 'lacy', epoch, ...slots, ...rules, sourcePartition: 0, sourceOffset } as RootFinalized;
}

const standing = (rules: Rules, ...roots: RootFinalized[]): StandingRoots =>
  new StandingRoots(roots, 0, rules.schedule);

describe('the roots that stand, where the checkpoint is gone', () => {
  it('agree with a base that came later, each with its own number', () => {
    const rules = under(10n, { fromIndex: 3, base: 1000n });
    const all = standing(rules, root(1, 11n, 4), root(2, 12n, 7), root(3, 1003n, 9));
    expect(() => all.assertMadeUnder(rules)).not.toThrow();
    expect(all.emittedBelow).toBe(10);
  });

  it('refuse a later base that would number one of them a second time', () => {
    const rules = under(10n, { fromIndex: 3, base: 1000n });
    // The order of the topic is that of the records: a slower channel's older epoch may stand last.
    for (const roots of [[root(3, 13n, 9)], [root(2, 12n, 7), root(3, 13n, 9)], [root(3, 13n, 9), root(2, 12n, 10)]]) {
      expect(() => standing(rules, ...roots).assertMadeUnder(rules)).toThrow(/EPOCH_BASE was 10, is 10,1000@30/);
    }
  });

  it('refuse settings that have lost the later base', () => {
    const all = standing(under(10n), root(2, 12n, 7), root(3, 1003n, 9));
    expect(() => all.assertMadeUnder(under(10n))).toThrow(/EPOCH_BASE was 1000, is 10/);
  });

  it('count for nothing where all were emitted again under a base above them', () => {
    const rules = under(100n);
    const all = standing(rules, root(1, 11n, 4), root(2, 12n, 7), root(1, 101n, 4));
    expect(() => all.assertMadeUnder(rules)).not.toThrow();
    expect(all.emittedBelow).toBe(5);
  });

  describe('met again', () => {
    const rules = under(10n);
    const one: RootFinalized = { ...root(1, 11n, 4), root: 'ab'.repeat(32), count: 3 };
    const conflictOf = (act: () => void): unknown => {
      try {
        act();
      } catch (error) {
        return error;
      }
      return undefined;
    };

    it('are the same records, field for field, in whichever order the fields stand', () => {
      const all = standing(rules, one);
      all.meet(Object.fromEntries(Object.entries(one).reverse()) as unknown as RootFinalized);
      expect(() => all.assertAllMet()).not.toThrow();
    });

    it.each<[string, Partial<RootFinalized>]>([
      ['root', { root: 'cd'.repeat(32) }],
      ['count', { count: 4 }],
      ['place', { sourceOffset: 5 }],
    ])('refuse another %s, with what stands and what came', (_what, change) => {
      const again = { ...one, ...change };
      const fault = conflictOf(() => standing(rules, one).meet(again));
      expect(fault).toMatchObject({
        code: 'ROOT_CONFLICT',
        context: { channel: 'lacy', epoch: '11', sourceOffset: again.sourceOffset },
        message: expect.stringContaining(
          `give root ${again.root} over ${again.count} leaves, and the roots topic holds ${one.root} over 3 leaves, made at offset 4`,
        ),
      });
    });

    it('refuse one that never stood, and one that comes a second time', () => {
      const all = standing(rules, one);
      expect(conflictOf(() => all.meet({ ...one, channel: 'other' }))).toMatchObject({
        message: expect.stringContaining('and the roots topic holds none: '),
      });
      all.meet(one);
      expect(conflictOf(() => all.meet(one))).toMatchObject({ message: expect.stringContaining('holds none') });
    });

    it('refuse to go on while one has not come', () => {
      expect(conflictOf(() => standing(rules, one).assertAllMet())).toMatchObject({
        message: expect.stringMatching(/up to offset 4 give none, and the roots topic holds abab/),
      });
    });

    it('are the first of two for a channel and epoch, and those of the partition alone', () => {
      const foreign = { ...root(2, 12n, 90), sourcePartition: 1 };
      const all = new StandingRoots([one, { ...one, count: 9, sourceOffset: 6 }, foreign], 0, rules.schedule);
      expect(all.emittedBelow).toBe(7);
      all.meet(one);
      expect(() => all.assertAllMet()).not.toThrow();
    });
  });

  it('are numbered as the schedule says where one of them is, and where there is none', () => {
    const { schedule } = under(10n);
    expect(standing(under(10n)).isNumberedOtherwise(schedule)).toBe(false);
    expect(standing(under(10n), root(1, 11n, 4)).isNumberedOtherwise(schedule)).toBe(false);
    expect(standing(under(10n), root(1, 101n, 4), root(2, 12n, 5)).isNumberedOtherwise(schedule)).toBe(false);
  });

  it('refuse another base that nobody asked for', () => {
    const all = standing(under(100n), root(1, 11n, 4), root(2, 12n, 7));
    expect(all.isNumberedOtherwise(under(100n).schedule)).toBe(true);
    expect(() => all.assertMadeUnder(under(100n))).toThrow(/EPOCH_BASE was 10, is 100/);
    const backAgain = standing(under(10n), root(1, 11n, 4), root(1, 101n, 4));
    expect(() => backAgain.assertMadeUnder(under(10n))).toThrow(/EPOCH_BASE was 100, is 10/);
  });
});
