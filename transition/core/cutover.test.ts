import { describe, expect, it } from '@jest/globals';
import { type CutoverFacts, type CutoverState, judgeGates, phaseAfter, refusal, STEPS, stepsLeft } from './cutover.ts';

const LIMITS = { epochs: 2, maxLagRecords: 100 };
const side = {} as never;
const row = (epoch: number, verdict: 'equal' | 'differs' | 'uncertain', both = true) => ({
  ...{ epoch: BigInt(epoch), channel: 'lofi', verdict },
  ...{ legacy: both ? side : null, ours: side },
});
const well: CutoverFacts = {
  parity: { value: [row(1, 'differs'), row(2, 'equal'), row(3, 'equal'), row(4, 'uncertain', false)] },
  publishers: { value: [] },
  lag: { value: { 'ao-postgres-sink': 3 } },
  health: { value: { status: 'ok' } },
  backups: { value: [] },
  signedBy: { value: 'Ada' },
};
const at = (change: Partial<CutoverState>): CutoverState => ({
  ...{ phase: 1, toward: null, step: null, gateway: 'legacy' },
  ...change,
});

describe('gates', () => {
  const open = (facts: CutoverFacts, toward: '1' | '2' | '3' = '2'): string[] =>
    judgeGates(toward, facts, LIMITS).flatMap(({ name, verdict, found }) =>
      verdict === 'passed' ? [] : [`${name} ${verdict}: ${found}`],
    );

  it('are passed where the newest epochs that both sides have are equal and the rest is well', () => {
    expect(open(well)).toEqual([]);
  });

  it.each<[string, Partial<CutoverFacts>, RegExp]>([
    ['a root that differs', { parity: { value: [row(1, 'differs'), row(2, 'equal')] } }, /parity failed: 1 of 2 roots/],
    ['a root that cannot be told', { parity: { value: [row(1, 'uncertain'), row(2, 'equal')] } }, /parity failed/],
    [
      'too few epochs',
      { parity: { value: [row(2, 'equal')] } },
      /parity failed: 1 epochs can be compared, 2 are asked for/,
    ],
    ['a side without any root', { parity: { value: [row(1, 'uncertain', false)] } }, /parity failed: 0 epochs/],
    [
      'a settlement that publishes beside the legacy system',
      { publishers: { value: ['http://127.0.0.1:9104'] } },
      /publishing failed: settlement at http.* publishes beside the legacy system/,
    ],
    ['a settlement that does not tell', { publishers: { unknown: 'no answer' } }, /publishing unknown: no answer/],
    ['a group that is behind', { lag: { value: { sink: 101 } } }, /lag failed: sink is 101 records behind/],
    ['no group at all', { lag: { value: {} } }, /lag failed: no group/],
    ['a part that is ill', { health: { value: { queue: false } } }, /health failed: queue is false/],
    [
      'backups with a fault',
      { backups: { value: ['No backup is verified.'] } },
      /backups failed: No backup is verified/,
    ],
    ['nobody who has signed', { signedBy: { value: null } }, /sign-off failed: nobody has signed/],
    ['what cannot be found out', { parity: { unknown: 'no answer' } }, /parity unknown: no answer/],
  ])('stop at %s', (_name, change, message) => {
    const found = open({ ...well, ...change });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });

  it('do not wait in phase 2 for what waits for the legacy aggregator, which has ended', () => {
    const facts = { ...well, lag: { value: { 'ao-webhook-sink': 100_000, 'ao-postgres-sink': 3 } } };
    expect(open(facts, '3')).toEqual([]);
    expect(open(facts, '2')).toEqual([expect.stringMatching(/lag failed: ao-webhook-sink is 100000 records behind/)]);
  });

  it('ask for neither parity nor sign-off where nothing is given up yet', () => {
    expect(open({ ...well, parity: { unknown: 'not yet' }, signedBy: { value: null } }, '1')).toEqual([]);
    expect(open({ ...well, publishers: { value: ['x'] } }, '1')).toHaveLength(1);
  });
});

describe('the way', () => {
  it('goes on behind the last step that is done, wherever it was broken off', () => {
    for (const toward of ['2', '3', 'back'] as const) {
      expect(stepsLeft(at({ toward }))).toEqual(STEPS[toward]);
      for (const [done, step] of STEPS[toward].entries())
        expect(stepsLeft(at({ toward, step }))).toEqual(STEPS[toward].slice(done + 1));
    }
    expect(stepsLeft(at({}))).toEqual([]);
  });

  it('is gone phase by phase, and back from everywhere but where the legacy system is archived', () => {
    const refused = (state: Partial<CutoverState>, wanted: '1' | '2' | '3' | 'back'): string =>
      refusal(at(state), wanted) ?? 'may';
    expect(refused({ phase: 0 }, '1')).toBe('may');
    expect(refused({ phase: 0 }, '2')).toMatch(/next is phase 1/);
    expect(refused({ toward: '2' }, '2')).toBe('may');
    expect(refused({ toward: '2' }, 'back')).toBe('may');
    expect(refused({ toward: 'back' }, '2')).toMatch(/on the way back/);
    expect(refused({ toward: 'back' }, 'back')).toBe('may');
    expect(refused({ phase: 2 }, 'back')).toBe('may');
    expect(refused({ phase: 2, toward: '3' }, 'back')).toMatch(/archived/);
    expect(refused({ phase: 3 }, 'back')).toMatch(/archived/);
    expect(refused({ phase: 0 }, 'back')).toMatch(/Nothing was begun/);
    expect(['1', '2', '3', 'back'].map((toward) => phaseAfter(toward as 'back'))).toEqual([1, 2, 3, 0]);
  });

  it('never lets both publish: ours begins after theirs has ended, and ends before theirs begins', () => {
    expect(STEPS[2].indexOf('publish')).toBeGreaterThan(STEPS[2].indexOf('stop-legacy-aggregator'));
    expect(STEPS.back.indexOf('start-legacy-aggregator')).toBeGreaterThan(STEPS.back.indexOf('stop-publishing'));
  });
});
