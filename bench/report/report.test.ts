import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CLAIMS } from './claims.ts';
import { figuresOf, groupsOf } from './figures.ts';
import { reportOf } from './page.ts';
import { svgOf } from './plot.ts';
import { figuresWithoutRow, unusedGivens } from './readme-figures.ts';
import { lastJson, type StoredResult, storedResults } from './results.ts';
import { SOURCES } from './sources.ts';

const root = join(import.meta.dirname, '../..');
const dir = join(root, 'docs/report');
const text = (path: string): string => readFileSync(join(root, path), 'utf8');
const flat = (words: string): string => words.replaceAll(/\s+/g, ' ');

const STORED: StoredResult = {
  name: 'bench-sink',
  command: 'npm run bench -- sink --json',
  measured: {
    ...{ at: '2026-01-01T00:00:00Z', commit: 'abc', cpu: 'c', cores: 2, memoryGb: 8, system: 's', node: 'v24' },
    load: 3,
  },
  seconds: 9,
  status: 0,
  result: { rows: { claims: { aSecond: 20_000 }, roots: { aSecond: 5 } }, note: 'text' },
};

describe('the report', () => {
  it('has what stands in docs/report made of the results that are kept there', () => {
    const { page, plots } = reportOf(storedResults(dir));
    expect(text('docs/report/README.md')).toBe(page);
    for (const [file, svg] of plots) expect(text(`docs/report/plots/${file}`)).toBe(svg);
  });

  it('tells where and of what each figure is, draws what stands side by side, and says what was not measured', () => {
    const { page, plots } = reportOf([STORED]);
    expect(page).toContain('commit abc');
    expect(page).toContain('load 3 (not quiet)');
    expect(page).toContain('| rows claims aSecond | 20,000 |');
    expect([...plots.keys()]).toEqual(['bench-sink-aSecond.svg']);
    expect(page.match(/^Not measured: /gm)).toHaveLength(SOURCES.length - 1);
  });

  it('has a row for each claim of the README, which links to it', () => {
    const readme = flat(text('README.md'));
    const { page } = reportOf([]);
    for (const { id, sentence } of CLAIMS) {
      expect(readme).toContain(sentence);
      expect(readme).toContain(`docs/report/README.md#${id}`);
      expect(page).toContain(`<a id="${id}"></a>${sentence}`);
    }
    const linked = [...readme.matchAll(/docs\/report\/README\.md#([\w-]+)/g)].map(([, id]) => id ?? '');
    expect(linked.filter((id) => !page.includes(`<a id="${id}"></a>`))).toEqual([]);
  });

  it('has a row for each figure that the README claims', () => {
    const readme = text('README.md');
    expect(figuresWithoutRow(readme)).toEqual([]);
    expect(unusedGivens(readme)).toEqual([]);
    const claimed =
      'It answers 700 requests a second.\nA root comes within\nten seconds; nothing else.\n\n```\nin 5 s\n```\n';
    expect(figuresWithoutRow(claimed)).toEqual([
      '700 requests a second: It answers 700 requests a second.',
      'ten seconds: A root comes within ten seconds; nothing else.',
    ]);
    expect(figuresWithoutRow('It takes 3 ms ([shown](docs/report/README.md#claim-x)).')).toEqual([]);
  });

  it('names sources and tests that there are', () => {
    for (const evidence of CLAIMS.flatMap((claim) => claim.evidence)) {
      if (evidence.kind === 'source') expect(SOURCES.map(({ name }) => name)).toContain(evidence.name);
      else {
        expect(existsSync(join(root, evidence.file))).toBe(true);
        expect(text(evidence.file)).toContain(evidence.name);
      }
    }
    const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
    for (const { command } of SOURCES) {
      const [script = '', dashes, name] = command;
      expect(scripts).toHaveProperty([script]);
      expect(dashes).toBe('--');
      if (script === 'bench') expect(existsSync(join(root, `bench/${name}.ts`))).toBe(true);
    }
  });
});

describe('figures', () => {
  it('are the numbers of a result, and those of one name are drawn side by side', () => {
    const figures = figuresOf(STORED.result);
    expect(figures.map(({ path }) => path.join('.'))).toEqual(['rows.claims.aSecond', 'rows.roots.aSecond']);
    const [group] = groupsOf(figures);
    expect(group).toEqual({
      title: 'aSecond',
      bars: [
        { label: 'rows claims', value: 20_000 },
        { label: 'rows roots', value: 5 },
      ],
    });
    const svg = svgOf({
      title: 'a<b',
      bars: [
        { label: 'x&y', value: 1 },
        { label: 'z', value: 2 },
      ],
    });
    expect(svg).toContain('a&lt;b');
    expect(svg).toContain('x&amp;y');
    expect([...svg.matchAll(/<rect [^>]*width="(\d+)"/g)].map(([, width]) => Number(width))).toEqual([180, 360]);
  });

  it('are read from the last line of an output, if that is JSON', () => {
    expect(lastJson('hello\n{"a":1}\n')).toEqual({ a: 1 });
    expect(lastJson('hello\n')).toBeUndefined();
  });
});
