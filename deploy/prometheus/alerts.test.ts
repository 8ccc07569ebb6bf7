/** The rules of Prometheus: complete, of metrics that are there, with a section of the runbook each, and right over made-up series. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { declaredMetrics } from '../testing/declared-metrics.ts';
import { prometheusOrReason } from '../testing/prometheus.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const folder = import.meta.dirname;
const read = (path: string): string => readFileSync(join(folder, path), 'utf8');
const { groups } = parse(read('alerts.yml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const tests = (
  parse(read('alerts.test.yml')) as { tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[] }
).tests;

const declared = declaredMetrics();

describe.each(rules)('$alert', ({ alert, expr, labels, annotations }) => {
  it('asks for metrics that a role serves', () => {
    const asked = [...expr.matchAll(/\b(?:ao|kafka)_[a-z_]+/g)].map(([name]) => name);
    expect(asked.filter((name) => !declared.has(name))).toEqual([]);
    expect(asked.length > 0 || expr.includes('up ')).toBe(true);
  });

  it('says how bad it is, who is called, and where its runbook is, which says the same and begins with a command', () => {
    expect(['critical', 'warning']).toContain(labels['severity']);
    expect(['platform', 'chain', 'roots', 'settlement']).toContain(labels['owner']);
    expect(annotations['summary']).toBeTruthy();
    const page = `docs/runbooks/${alert.replaceAll(/(?<!^)([A-Z])/g, '-$1').toLowerCase()}.md`;
    expect(annotations['runbook_url']).toBe(page);
    const text = read(`../../${page}`);
    expect(text.startsWith(`# ${alert}\n`)).toBe(true);
    expect(text.toLowerCase()).toContain(`${labels['severity']}; ${labels['owner']} is called`);
    expect(text).toMatch(/\n1\. `[^`]+`\n/);
    expect(read('../../docs/runbooks/README.md')).toContain(`| ${labels['severity']} | ${labels['owner']} |`);
  });

  it('has a series over which it must fire', () => {
    const firing = tests
      .flatMap((test) => test.alert_rule_test)
      .filter(({ exp_alerts: expected }) => expected.length > 0);
    expect(firing.map(({ alertname }) => alertname)).toContain(alert);
  });
});

describe('promtool', () => {
  it('finds the rules right over the series', async () => {
    const programs = await prometheusOrReason();
    if (programs === undefined) return;
    const { status, stdout, stderr } = spawnSync(programs.promtool, ['test', 'rules', 'alerts.test.yml'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(`${stdout}${stderr}`).toMatch(/SUCCESS/);
    expect(status).toBe(0);
  });
});
