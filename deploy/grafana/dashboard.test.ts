import { describe, expect, it } from '@jest/globals';
import { declaredMetrics } from '../testing/declared-metrics.ts';
import { dashboardQueries } from './dashboard.ts';

describe('the dashboard', () => {
  it('asks only for metrics that a role serves', () => {
    const asked = dashboardQueries().flatMap((query) =>
      [...query.matchAll(/\b(?:ao|kafka)_[a-z_]+/g)].map(([name]) => name),
    );
    expect(asked.length).toBeGreaterThan(10);
    const declared = declaredMetrics();
    expect(asked.filter((name) => !declared.has(name))).toEqual([]);
  });
});
