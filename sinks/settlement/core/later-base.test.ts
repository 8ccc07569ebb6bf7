import { describe, expect, it } from '@jest/globals';
import { epochOfSlot } from '../../../domain/epoch-schedule.ts';
import { codeOf, messageOf } from '../../../runtime/errors.ts';
import { laterBase, linesOfLaterBase } from './later-base.ts';
import type { EmittedRoot, NumberingSurvey } from './numbering.ts';
import type { RingSlotView } from './ports.ts';
import { PublishedRoots } from './published-roots.ts';

const SCHEDULE = { durationSlots: 100, base: 10n };
const OURS = 'cd'.repeat(32);

function ring(...epochs: bigint[]): RingSlotView[] {
  const slots = Array.from({ length: 10 }, () => ({ epoch: 0n, root: '0'.repeat(64) }));
  for (const epoch of epochs) slots[Number(epoch % 10n)] = { epoch, root: epoch < 100n ? OURS : 'ab'.repeat(32) };
  return slots;
}

function root(epoch: bigint): EmittedRoot {
  const startSlot = Number(epoch - SCHEDULE.base) * 100;
  return { channel: 'lacy', epoch, root: OURS, startSlot, endSlot: startSlot + 99 };
}

/** Roots 10 to 13 were emitted, 10 and 11 are in the ring, where somebody else then wrote 1,242: the slot of epoch 12. */
function survey(change: Partial<NumberingSurvey> = {}): NumberingSurvey {
  const parts = {
    slot: 630,
    rings: new Map([['account of lacy', ring(10n, 11n, 1242n)]]),
    roots: [10n, 11n, 12n, 13n].map(root),
    published: new PublishedRoots(),
  };
  return { ...parts, accountOf: (channel) => `account of ${channel}`, ...change };
}

function failureOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return `${codeOf(error)} ${messageOf(error)}`;
  }
  return 'changeable';
}

describe('another base once roots are on chain', () => {
  it('numbers only epochs that no role can have read an event of, above every ring; what was emitted keeps its number', () => {
    const later = laterBase(survey(), SCHEDULE, { to: 1240n });
    // Slot 630 and what may be read ahead of it is in epochs 6 and 7.
    expect(later).toMatchObject({ fromSlot: 800, firstEpoch: 1248n });
    for (const { epoch, startSlot } of later.kept) expect(epochOfSlot(later.schedule, startSlot)).toBe(epoch);
    expect([799, 800, 900].map((slot) => epochOfSlot(later.schedule, slot))).toEqual([17n, 1248n, 1249n]);
    expect(later.refused.map(({ epoch }) => epoch)).toEqual([12n]);
    expect(linesOfLaterBase(later).join(' ')).toMatch(
      /4 roots .* keeps its number.*slot 800 would be 18; it will be 1248.*SETTLEMENT_GIVE_UP=lacy:12\./,
    );
  });

  it.each([
    [{ to: 1245n }, /^OPTION_INVALID .*multiple of 10.*1240 or more/],
    [{ to: 1230n }, /^OPTION_INVALID .*1240 or more, .*above 1242/],
    [{ to: 1230n, fromSlot: 1300 }, /^changeable/],
    [{ to: 1240n, fromSlot: 700 }, /^OPTION_INVALID .*: 800, or a later multiple/],
    [{ to: 1240n, fromSlot: 850 }, /^OPTION_INVALID .*: 800, or a later multiple/],
    [{ to: 1240n, fromSlot: 900 }, /^changeable/],
  ])('is held against the chain and the rings: %j', (change, expected) => {
    expect(failureOf(() => laterBase(survey(), SCHEDULE, change))).toMatch(expected);
  });

  it('rises above the base that is in force then, also where no ring stands higher', () => {
    const low = survey({ rings: new Map() });
    const stepped = { ...SCHEDULE, later: [{ fromIndex: 9, base: 500n }] };
    expect(failureOf(() => laterBase(low, stepped, { to: 500n, fromSlot: 1200 }))).toMatch(/510 or more/);
    const { schedule } = laterBase(low, stepped, { to: 510n, fromSlot: 1200 });
    expect(schedule.later).toEqual([
      { fromIndex: 9, base: 500n },
      { fromIndex: 12, base: 510n },
    ]);
  });

  it('is not told to somebody whose settings are not those of the roots', () => {
    expect(failureOf(() => laterBase(survey(), { ...SCHEDULE, base: 20n }, { to: 1240n }))).toMatch(
      /^EPOCH_BASE_IN_USE .*epoch 10 .*EPOCH_BASE=20/,
    );
  });
});
