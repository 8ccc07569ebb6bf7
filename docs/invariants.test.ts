/** INVARIANTS.md names what is there: tests, metrics or alarms, sections of the runbook. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { declaredMetrics } from '../deploy/testing/declared-metrics.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const ROW = /^\| (\d+) \| (.+) \| (\[.+) \| `(\w+)` \| \[[^\]]+\]\(docs\/operations\.md#([^)]+)\) \|$/;
/** A row may need several tests: each breaks of another half of the sentence. */
const TEST = /^\[([^\]]+)\]\(([^)]+)\) › (.+)$/;
const lines = read('INVARIANTS.md').split('\n');
const rows = lines.filter((line) => /^\| \d/.test(line));
const parts = rows.map((row) => {
  const [, number = '', sentence = '', told = '', seenBy = '', anchor = ''] = ROW.exec(row) ?? [];
  const tests = told.split('<br>').map((one) => {
    const [, file = '', link = '', title = ''] = TEST.exec(one) ?? [];
    return { file, link, title };
  });
  return { number, sentence, tests, seenBy, anchor };
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

  it.each(parts)('$number: $sentence', ({ sentence, tests, seenBy, anchor }) => {
    expect(sentence).toMatch(/ MUST /);
    for (const { file, link, title } of tests) {
      expect(link).toBe(file);
      expect(existsSync(join(root, file))).toBe(true);
      // The whole title, as it stands in the source, quotes of any kind around it.
      const source = read(file).replaceAll("\\'", "'");
      expect(["'", '"', '`'].filter((quote) => source.includes(`${quote}${title}${quote}`))).toHaveLength(1);
    }
    expect(metrics.has(seenBy) || alarms.has(seenBy)).toBe(true);
    expect(anchors).toContain(anchor);
  });
});
