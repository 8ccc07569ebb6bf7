import { expect, it } from '@jest/globals';
import { faultsOf, pageOf } from './report.ts';
import { quantileBound } from './success-metrics.ts';

const SWITCH = { name: 'gateway-over', asked: 90, refused: 4, longestMs: 110 };
const DRILL = { lost: 'PostgreSQL', rtoMs: 21_000, rpoMs: 900 };
const METRIC = { metric: 'Gateway uptime', target: '> 99.9 %', measured: '99.97 %', met: true };

it.each([
  [
    'a switch that refused for longer than two seconds',
    { switches: [{ ...SWITCH, longestMs: 2001 }] },
    /gateway-over: .*2001 ms/,
  ],
  [
    'a restore of more than 15 minutes',
    { drills: [{ ...DRILL, rtoMs: 900_001 }] },
    /PostgreSQL lost: 900001 ms to restore/,
  ],
  [
    'more than an hour that no backup held',
    { drills: [{ ...DRILL, rpoMs: 3_600_001 }] },
    /3600001 ms were not in the backups/,
  ],
  [
    'a number that misses its target',
    { metrics: [{ ...METRIC, met: false }] },
    /Gateway uptime: 99.97 %; the target is > 99.9 %/,
  ],
])('names %s', (_name, change, fault) => {
  const whole = { switches: [SWITCH], drills: [DRILL], metrics: [METRIC] };
  expect(faultsOf(whole)).toEqual([]);
  expect(faultsOf({ ...whole, ...change })).toEqual([expect.stringMatching(fault)]);
});

it('takes no number for met that was not measured', () => {
  const verdict = { claims: 3, roots: 2, both: 1, published: 2 };
  const page = pageOf({
    ...{ machine: 'here', lines: ['[ 1 s] done'], verdict, switches: [SWITCH], drills: [], faults: [] },
    metrics: [METRIC, { ...METRIC, metric: 'Log growth', met: null }],
  });
  expect(page).toContain('| Gateway uptime | > 99.9 % | 99.97 % | yes |');
  expect(page).toContain('| Log growth | > 99.9 % | 99.97 % | not told by this |');
  expect(page).toContain('Not rehearsed in the short form.');
});

it('reads a quantile off the buckets of a histogram, and none off an empty one', () => {
  const text = ['{role="a",le="5"} 10', '{role="a",le="10"} 98', '{role="a",le="+Inf"} 100']
    .map((line) => `x_bucket${line}`)
    .join('\n');
  expect(quantileBound(text, 'x', 0.5)).toBe(10);
  expect(quantileBound(text, 'x', 0.99)).toBe(Infinity);
  expect(quantileBound(text.replaceAll(/ \d+$/gm, ' 0'), 'x', 0.5)).toBeUndefined();
});
