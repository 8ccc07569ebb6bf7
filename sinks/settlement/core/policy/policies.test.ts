import { describe, expect, it } from '@jest/globals';
import type { RootToSettle } from '../root-job.ts';
import { judgePolicies, lookUpsOf, NO_POLICIES, type PolicySettings, policiesOf } from './policies.ts';
import type { PolicyFacts } from './policy.ts';
import { provenEverywhere } from './proven-slots.ts';

const ROOT: RootToSettle = {
  ...{ partition: 0, offset: 4n, nextOffset: 5n, channel: 'lacy', epoch: 19n, root: 'ab'.repeat(32), recordedAtMs: 0 },
  ...{ count: 100, startSlot: 190, endSlot: 199 },
};
const NOW_MS = 1_700_000_000_000;
const FACTS: PolicyFacts = {
  ...{ root: ROOT, nowMs: NOW_MS, feesTodayLamports: 0n, evicted: undefined },
  recentCounts: { value: [90, 110] },
  payout: { value: 500n },
  solvency: { value: { treasury: 1000n, owed: 500n, added: 500n } },
  pipeline: { value: { listenerBehindSlots: 3, gapFromSlot: undefined, tree: 'built' } },
  publisher: { value: 'new' },
};
const PIPELINE = { listenerBehindSlots: 3, gapFromSlot: undefined, tree: 'built' } as const;

function codeOf(settings: Partial<PolicySettings>, facts: Partial<PolicyFacts> = {}): string | undefined {
  return judgePolicies(policiesOf({ ...NO_POLICIES, ...settings }), { ...FACTS, ...facts })?.code;
}

function rootOf(part: Partial<RootToSettle>): Partial<PolicyFacts> {
  return { root: { ...ROOT, ...part } };
}

describe('policies', () => {
  it('that are not set are off, and look nothing up', () => {
    expect(policiesOf(NO_POLICIES)).toEqual([]);
    expect([...lookUpsOf(policiesOf(NO_POLICIES))]).toEqual([]);
  });

  it.each([
    ['an allowed channel', ['lacy'], [], undefined],
    ['a channel that is not on the list', ['marlon'], [], 'POLICY_CHANNEL_DENIED'],
    ['a denied channel', [], ['lacy'], 'POLICY_CHANNEL_DENIED'],
    ['a channel on both lists', ['lacy'], ['lacy'], 'POLICY_CHANNEL_DENIED'],
    ['a channel when only others are denied', [], ['marlon'], undefined],
  ])('channel lists: %s', (_name, allowed, denied, code) => {
    expect(codeOf({ channels: { allowed: new Set(allowed), denied: new Set(denied) } })).toBe(code);
  });

  it.each([
    ['was never begun', { value: null }, undefined],
    ['is ours', { value: 'new' }, undefined],
    ['is the legacy system', { value: 'legacy' }, 'POLICY_LEGACY_PUBLISHES'],
    ['cannot be asked for', { unknown: 'no answer' }, 'POLICY_UNKNOWN'],
  ] as const)('cut-over: the publisher %s', (_name, publisher, code) => {
    expect(codeOf({ followsCutover: true }, { publisher })).toBe(code);
    expect(codeOf({ followsCutover: false }, { publisher })).toBeUndefined();
  });

  it.each([
    [99, undefined],
    [100, undefined],
    [101, 'POLICY_TOO_FEW_CLAIMS'],
  ])('minimum claims: a root of 100 at a bound of %i', (minimumClaims, code) => {
    expect(codeOf({ minimumClaims })).toBe(code);
  });

  it.each([
    ['29 of a mean of 100', 29, [90, 110], 'POLICY_COUNT_UNUSUAL'],
    ['30 of a mean of 100', 30, [90, 110], undefined],
    ['500 of a mean of 100', 500, [90, 110], undefined],
    ['501 of a mean of 100', 501, [90, 110], 'POLICY_COUNT_UNUSUAL'],
    ['the first root of a channel', 1_000_000, [], undefined],
  ])('participant guard of 0.3 to 5: %s', (_name, count, recent, code) => {
    const facts = { ...rootOf({ count }), recentCounts: { value: recent } };
    expect(codeOf({ countGuard: { least: 0.3, most: 5 } }, facts)).toBe(code);
  });

  it.each([
    [500n, undefined],
    [499n, 'POLICY_AMOUNT_TOO_HIGH'],
  ])('amount guard: 500 units at a bound of %s', (maxAmount, code) => {
    expect(codeOf({ maxAmount })).toBe(code);
  });

  it.each([
    ['just enough', 1000n, undefined],
    ['one unit too little', 999n, 'POLICY_INSOLVENT'],
    ['an empty treasury', 0n, 'POLICY_INSOLVENT'],
  ])('solvency: %s', (_name, treasury, code) => {
    const facts = { solvency: { value: { treasury, owed: 500n, added: 500n } } };
    expect(codeOf({ solvency: 'hold' }, facts)).toBe(code);
    expect(codeOf({ solvency: 'report' }, facts)).toBeUndefined();
  });

  it.each([
    ['level with the head', PIPELINE, undefined],
    ['at the bound', { ...PIPELINE, listenerBehindSlots: 150 }, undefined],
    ['one slot over the bound', { ...PIPELINE, listenerBehindSlots: 151 }, 'POLICY_LAG'],
    ['a gap below the root', { ...PIPELINE, gapFromSlot: 195 }, 'POLICY_LAG'],
    ['a sink that makes another root', { ...PIPELINE, tree: 'mismatch' as const }, 'POLICY_LAG'],
    ['a sink that stores another root', { ...PIPELINE, tree: 'otherRoot' as const }, 'POLICY_LAG'],
    ['a tree that is not made yet', { ...PIPELINE, tree: 'pending' as const }, 'POLICY_LAG'],
    ['a root that the sink has not got', { ...PIPELINE, tree: 'missing' as const }, 'POLICY_LAG'],
  ])('lag guard of 150 slots: %s', (_name, value, code) => {
    expect(codeOf({ lagSlots: 150 }, { pipeline: { value } })).toBe(code);
  });

  it('claim window: what still owes is kept until the window since its publication is over', () => {
    const claimWindowMs = 3_600_000;
    const evicted = { epoch: 9n, publishedAtMs: NOW_MS - claimWindowMs + 1, owed: { value: 7n } };
    const policies = policiesOf({ ...NO_POLICIES, claimWindowMs });
    expect(judgePolicies(policies, { ...FACTS, evicted })).toEqual({
      code: 'POLICY_CLAIM_WINDOW',
      text: expect.stringContaining('which still owes 7 base units') as unknown,
      notBeforeMs: NOW_MS + 1,
    });
    expect(judgePolicies(policies, { ...FACTS, nowMs: NOW_MS + 1, evicted })).toBeUndefined();
    expect(judgePolicies(policies, { ...FACTS, evicted: { ...evicted, owed: { value: 0n } } })).toBeUndefined();
    expect(judgePolicies(policies, FACTS)).toBeUndefined();
  });

  it('claim window: what nobody knows is not taken for paid out', () => {
    const evicted = { epoch: 9n, publishedAtMs: NOW_MS, owed: { unknown: 'no answer' } };
    expect(codeOf({ claimWindowMs: 1 }, { evicted })).toBe('POLICY_CLAIM_WINDOW');
    expect(codeOf({ claimWindowMs: 1 }, { evicted: { ...evicted, publishedAtMs: undefined } })).toBe('POLICY_UNKNOWN');
  });

  it('fee budget: spent, it waits for the next UTC day', () => {
    const policies = policiesOf({ ...NO_POLICIES, lamportsPerDay: 5000n });
    expect(judgePolicies(policies, { ...FACTS, feesTodayLamports: 4999n })).toBeUndefined();
    const reason = judgePolicies(policies, { ...FACTS, feesTodayLamports: 5000n });
    expect(reason).toMatchObject({ code: 'POLICY_BUDGET_SPENT', notBeforeMs: Date.UTC(2023, 10, 15) });
  });

  it.each([
    ['participants', { countGuard: { least: 0.3, most: 5 } }, 'recentCounts'],
    ['amounts', { maxAmount: 10n ** 9n }, 'payout'],
    ['solvency', { solvency: 'hold' as const }, 'solvency'],
    ['lag', { lagSlots: 10 }, 'pipeline'],
  ])('a policy on %s that sees nothing holds, with a sentence that says why', (_name, settings, fact) => {
    const policies = policiesOf({ ...NO_POLICIES, ...settings });
    const reason = judgePolicies(policies, { ...FACTS, [fact]: { unknown: 'the database does not answer' } });
    expect(reason?.code).toBe('POLICY_UNKNOWN');
    expect(reason?.text).toContain('the database does not answer');
  });

  it('are asked in their declared order: the first reason stands', () => {
    const settings = { channels: { allowed: new Set(['marlon']), denied: new Set<string>() }, minimumClaims: 1000 };
    expect(codeOf(settings)).toBe('POLICY_CHANNEL_DENIED');
    expect(codeOf({ ...settings, channels: NO_POLICIES.channels, maxAmount: 1n })).toBe('POLICY_TOO_FEW_CLAIMS');
  });
});

describe('proven slots', () => {
  const root = { startSlot: 100, endSlot: 199 };
  const all = (fromSlot: number, toSlot: number) => [0, 1].map((partition) => ({ partition, fromSlot, toSlot }));

  it.each([
    ['one stretch over the root', all(0, 300), undefined, 20],
    ['adjacent stretches', [...all(150, 300), ...all(0, 149)], undefined, 20],
    [
      'a hole in one partition',
      [...all(0, 149), { partition: 0, fromSlot: 150, toSlot: 300 }, { partition: 1, fromSlot: 160, toSlot: 300 }],
      150,
      20,
    ],
    ['a partition of which nothing is proven', [{ partition: 0, fromSlot: 0, toSlot: 300 }], 100, 321],
    ['nothing at all', [], 100, 321],
    ['an end before the root', all(0, 180), 181, 140],
  ])('%s', (_name, proven, gapFromSlot, listenerBehindSlots) => {
    expect(provenEverywhere(proven, 2, { root, headSlot: 320 })).toEqual({ gapFromSlot, listenerBehindSlots });
  });
});
