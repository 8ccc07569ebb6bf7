/** INVARIANTS.md names what is there: tests, metrics or alarms, sections of the runbook. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { declaredMetrics } from '../deploy/testing/declared-metrics.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const ROW =
  /^\| (\d+) \| (.+) \| \[([^\]]+)\]\(([^)]+)\) › (.+) \| `(\w+)` \| \[[^\]]+\]\(docs\/operations\.md#([^)]+)\) \|$/;
const lines = read('INVARIANTS.md').split('\n');
const rows = lines.filter((line) => /^\| \d/.test(line));
const parts = rows.map((row) => {
  const [, number = '', sentence = '', file = '', link = '', test = '', seenBy = '', anchor = ''] = ROW.exec(row) ?? [];
  return { row, number, sentence, file, link, test, seenBy, anchor };
});

const metrics = declaredMetrics();
const alarms = new Set([...read('deploy/prometheus/alerts.yml').matchAll(/- alert: (\w+)/g)].map(([, name]) => name));
const anchors = new Set(
  [...read('docs/operations.md').matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title.toLowerCase().replaceAll(' ', '-'),
  ),
);

describe('the invariants', () => {
  it('are about thirty, numbered without gaps', () => {
    expect(parts.map(({ number }) => Number(number))).toEqual(parts.map((_, at) => at + 1));
    expect(parts.length).toBeGreaterThanOrEqual(30);
  });

  it.each(parts)('$number: $sentence', ({ sentence, file, link, test, seenBy, anchor }) => {
    expect(sentence).toMatch(/ MUST /);
    expect(link).toBe(file);
    expect(existsSync(join(root, file))).toBe(true);
    // As it stands in the source, quotes of any kind around it.
    expect(read(file).replaceAll("\\'", "'")).toContain(test);
    expect(metrics.has(seenBy) || alarms.has(seenBy)).toBe(true);
    expect(anchors).toContain(anchor);
  });
});
