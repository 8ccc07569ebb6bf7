import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { dashboardQueries } from './dashboard.ts';

const root = join(import.meta.dirname, '../..');

/** Metric names that the roles declare, read off their sources; histograms and summaries with the suffixes they get. */
function declaredMetrics(): Set<string> {
  const names = new Set<string>();
  for (const folder of ['producers', 'processors', 'sinks', 'graphql', 'cli']) {
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
      for (const [, name] of readFileSync(join(root, folder, file), 'utf8').matchAll(/'((?:ao|kafka)_[a-z_]+)'/g)) {
        if (name !== undefined) for (const suffix of ['', '_bucket', '_sum', '_count']) names.add(name + suffix);
      }
    }
  }
  return names;
}

function metricsIn(expression: string): string[] {
  return [...expression.matchAll(/\b(?:ao|kafka)_[a-z_]+/g)].map(([name]) => name);
}

describe('dashboard and alerts', () => {
  it('ask only for metrics that a role serves', () => {
    const alerts = readFileSync(join(root, 'deploy/prometheus/alerts.yml'), 'utf8');
    const expressions = [...alerts.matchAll(/expr: (.*)/g)].map(([, expression]) => expression ?? '');
    const asked = [...dashboardQueries(), ...expressions].flatMap(metricsIn);
    expect(asked.length).toBeGreaterThan(10);
    const declared = declaredMetrics();
    expect(asked.filter((name) => !declared.has(name))).toEqual([]);
  });
});
