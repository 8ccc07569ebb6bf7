import { describe, expect, it } from '@jest/globals';
import { faultPlan } from '../../faults/fault-plan.ts';
import { judge, type Soaked } from './judge.ts';
import type { Sample } from './samples.ts';

const MB = 1_048_576;
const HOUR = 3_600_000;

/** A sample every ten seconds; `mbAt` by the minute. */
function samples(minutes: number, mbAt: (minute: number) => number, identityAt = (_minute: number) => 'a'): Sample[] {
  return Array.from({ length: minutes * 6 }, (_, at) => {
    const minute = at / 6;
    return { atMs: at * 10_000, identity: identityAt(minute), rssBytes: mbAt(minute) * MB };
  });
}

const GOOD: Soaked = {
  durationMs: HOUR,
  faults: [],
  samples: new Map([['sink', samples(60, () => 120)]]),
  logBytes: MB,
  gateway: Array.from({ length: 3600 }, (_, at) => ({ atMs: at * 1000, answered: true })),
  roots: { served: 9, settled: 8 },
  notReady: undefined,
  verifyRootsStatus: 0,
};

const failing = (soaked: Soaked): string[] =>
  judge(soaked).verdicts.flatMap(({ what, holds }) => (holds === true ? [] : [`${what}: ${holds}`]));
const kill = { atMs: 1_800_000, kind: 'kill', target: 'sink', forMs: 0, pid: 7 } as const;

describe('the judgement of a soak', () => {
  it('holds where nothing went wrong', () => {
    expect(failing(GOOD)).toEqual([]);
  });

  it('sees memory that grows, over what garbage may make of it', () => {
    const growing = samples(60, (minute) => 100 + 2 * minute);
    expect(failing({ ...GOOD, samples: new Map([['sink', growing]]) })).toEqual(['memory stays flat: false']);
    const sawtooth = samples(60, (minute) => 100 + (minute % 5) * 4);
    expect(failing({ ...GOOD, samples: new Map([['sink', sawtooth]]) })).toEqual([]);
  });

  it('does not tell whether memory is flat from a run that is too short', () => {
    const short = new Map([['sink', samples(15, () => 100)]]);
    expect(failing({ ...GOOD, samples: short })).toEqual(['memory stays flat: null']);
  });

  it('tells a restart that nobody caused from one that a kill caused', () => {
    const twoLives = new Map([
      [
        'sink',
        samples(
          60,
          () => 100,
          (minute) => (minute < 30 ? 'a' : 'b'),
        ),
      ],
    ]);
    expect(judge({ ...GOOD, samples: twoLives, faults: [kill] }).processes['sink']).toMatchObject({
      kills: 1,
      ownRestarts: 0,
    });
    expect(failing({ ...GOOD, samples: twoLives })).toEqual(['restarts that nobody caused stay below 5 a week: false']);
  });

  it('extrapolates logs to a week', () => {
    expect(judge({ ...GOOD, logBytes: 3 * MB }).logMbPerWeek).toBe(504);
    expect(failing({ ...GOOD, logBytes: 3 * MB })).toEqual(['logs grow by less than 500 MB a week: false']);
  });

  it('counts the time that the gateway is away, that of its own kills apart', () => {
    const gateway = GOOD.gateway.map((probe) => ({
      ...probe,
      answered: probe.atMs < 1_800_000 || probe.atMs >= 1_810_000,
    }));
    const own = { ...kill, target: 'gateway' };
    expect(judge({ ...GOOD, gateway }).gateway).toMatchObject({ percent: 99.722, longestAwayMs: 10_000 });
    expect(failing({ ...GOOD, gateway })).toHaveLength(1);
    expect(judge({ ...GOOD, gateway, faults: [own] }).gateway.percentBesideItsOwnFaults).toBe(100);
  });

  it('fails where a role is not ready, no root is settled, or a root is not that of its events', () => {
    const bad = { notReady: 'sink (PostgreSQL)', roots: { served: 1, settled: 0 }, verifyRootsStatus: 1 };
    expect(failing({ ...GOOD, ...bad })).toHaveLength(3);
  });
});

describe('the plan of faults', () => {
  const options = { seed: 7, durationMs: 2 * HOUR, everyMs: 60_000, targets: ['sink', 'process', 'kafka'] };

  it('is the same for the same seed, and another for another', () => {
    expect(faultPlan(options)).toEqual(faultPlan(options));
    expect(faultPlan({ ...options, seed: 8 })).not.toEqual(faultPlan(options));
  });

  it('befalls every process, by kills and by standstills, within the time', () => {
    const plan = faultPlan(options);
    expect(new Set(plan.map(({ target }) => target))).toEqual(new Set(options.targets));
    expect(new Set(plan.map(({ kind }) => kind))).toEqual(new Set(['kill', 'freeze']));
    expect(plan.filter(({ atMs }) => atMs >= options.durationMs)).toEqual([]);
    expect(plan.length).toBeGreaterThan(80);
    expect(faultPlan({ ...options, targets: [] })).toEqual([]);
  });
});
