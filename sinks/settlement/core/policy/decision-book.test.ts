import { describe, expect, it } from '@jest/globals';
import type { SettlementDecision } from '../../../../schemas/records.ts';
import { DecisionBook } from './decision-book.ts';

const ROOT = { channel: 'lacy', epoch: 9n, root: 'ab'.repeat(32) };

function said(who: string, part: Partial<SettlementDecision>): SettlementDecision {
  return { action: 'APPROVE', ...ROOT, who, why: 'so', at: 0, ...part };
}

function bookOf(persons: number, ...decisions: SettlementDecision[]): DecisionBook {
  const book = new DecisionBook(persons);
  for (const decision of decisions) book.add(decision);
  return book;
}

describe('decisions of people', () => {
  it('approve exactly the root that they name', () => {
    const book = bookOf(1, said('ada', {}));
    expect(book.isApproved(ROOT)).toBe(true);
    for (const other of [{ channel: 'marlon' }, { epoch: 10n }, { root: 'cd'.repeat(32) }]) {
      expect(book.isApproved({ ...ROOT, ...other })).toBe(false);
    }
    expect(bookOf(1, said('ada', { root: null })).isApproved(ROOT)).toBe(false);
  });

  it('need two people where the rule asks for two: the same one twice is one', () => {
    const once = [said('ada', {}), said('ada', { why: 'again' })];
    expect(bookOf(2, ...once).isApproved(ROOT)).toBe(false);
    expect(bookOf(2, ...once, said('grace', {})).isApproved(ROOT)).toBe(true);
    const given = { action: 'GIVE_UP', root: null } as const;
    expect(bookOf(2, said('ada', given), said('ada', given)).givenUpBy('lacy', 9n)).toBeUndefined();
    expect(bookOf(2, said('ada', given), said('grace', { ...given, epoch: 12n })).givenUpBy('lacy', 9n)).toHaveLength(
      2,
    );
    expect(bookOf(2, said('ada', given), said('grace', { ...given, epoch: 8n })).givenUpBy('lacy', 9n)).toBeUndefined();
  });

  it('hold by one person, whole channels too, and release by as many as the rule asks for', () => {
    const hold = said('ada', { action: 'HOLD', epoch: null, root: null });
    const release = (who: string): SettlementDecision => ({ ...hold, action: 'RELEASE', who });
    expect(bookOf(2, hold).holdOf(ROOT)).toMatchObject({ who: 'ada' });
    expect(bookOf(2, hold).holdOf({ ...ROOT, channel: 'marlon' })).toBeUndefined();
    expect(bookOf(2, hold, release('ada'), release('ada')).holdOf(ROOT)).toMatchObject({ who: 'ada' });
    const released = bookOf(2, hold, release('ada'), release('grace'));
    expect(released.holdOf(ROOT)).toBeUndefined();
    expect(released.releasesOf(ROOT).map(({ who }) => who)).toEqual(['ada', 'grace']);
  });

  it('count no release from before the hold', () => {
    const hold = said('ada', { action: 'HOLD', root: null });
    const release = { ...hold, action: 'RELEASE' } as const;
    expect(bookOf(1, hold, release, hold).holdOf(ROOT)).toMatchObject({ who: 'ada' });
    expect(bookOf(1, release, hold).holdOf(ROOT)).toMatchObject({ who: 'ada' });
    expect(bookOf(2, hold, release, hold, { ...release, who: 'grace' }).holdOf(ROOT)).toMatchObject({ who: 'ada' });
  });

  it('end in the same book when they are read again from the beginning', () => {
    const hold = said('ada', { action: 'HOLD', epoch: null, root: null });
    const all = [said('ada', {}), hold, { ...hold, action: 'RELEASE' } as const, said('grace', {})];
    const twice = bookOf(1, ...all, ...all);
    expect(twice.holdOf(ROOT)).toBeUndefined();
    expect(twice.approvalsOf(ROOT)).toEqual(bookOf(1, ...all).approvalsOf(ROOT));
  });
});
