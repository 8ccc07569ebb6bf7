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

  it('refuse another base that nobody asked for', () => {
    const all = standing(under(100n), root(1, 11n, 4), root(2, 12n, 7));
    expect(all.isNumberedOtherwise(under(100n).schedule)).toBe(true);
    expect(() => all.assertMadeUnder(under(100n))).toThrow(/EPOCH_BASE was 10, is 100/);
    const backAgain = standing(under(10n), root(1, 11n, 4), root(1, 101n, 4));
    expect(() => backAgain.assertMadeUnder(under(10n))).toThrow(/EPOCH_BASE was 100, is 10/);
  });
});
