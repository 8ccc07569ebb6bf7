/** The report as a page of Markdown, and its plots. Pure. */

import { CLAIMS, type Evidence } from './claims.ts';
import { type Figure, figuresOf, type Group, groupsOf } from './figures.ts';
import { svgOf } from './plot.ts';
import type { StoredResult } from './results.ts';
import { SOURCES, type Source } from './sources.ts';

export interface Report {
  readonly page: string;
  /** SVG by the name of its file. */
  readonly plots: ReadonlyMap<string, string>;
}

const ROWS_SHOWN = 60;

export function reportOf(results: readonly StoredResult[]): Report {
  const plots = new Map<string, string>();
  const sections = SOURCES.map((source) => {
    const result = results.find(({ name }) => name === source.name);
    return result === undefined ? notMeasured(source) : sectionOf(source, result, plots);
  });
  const page = [
    '# Report',
    '',
    'What the README claims, and what was measured, by which command, where and of which commit. Made by `npm run report`; `npm run report --',
    '--run NAME,NAME` measures anew. A load above the number of cores says that the machine was not quiet: such figures are lower bounds.',
    '',
    '## Claims',
    '',
    '| claim | shown by |',
    '| --- | --- |',
    ...CLAIMS.map(({ id, sentence, evidence }) => {
      const shown = evidence.map((each) => shownBy(each, results)).join('; ');
      return `| <a id="${id}"></a>${sentence} | ${shown} |`;
    }),
    '',
    ...sections.flat(),
  ];
  return { page: page.join('\n'), plots };
}

function shownBy(evidence: Evidence, results: readonly StoredResult[]): string {
  if (evidence.kind === 'test') return `[${evidence.file}](../../${evidence.file}): ${evidence.name}`;
  const result = results.find(({ name }) => name === evidence.name);
  const how =
    result === undefined ? 'not measured' : result.status === 0 ? 'held' : `ended with status ${result.status}`;
  return `[${evidence.name}](#${evidence.name}) (${how})`;
}

function heading({ name, what }: Source): string[] {
  return [`## ${name}`, '', `${what.charAt(0).toUpperCase()}${what.slice(1)}.`, ''];
}

function notMeasured(source: Source): string[] {
  return [...heading(source), `Not measured: \`npm run ${source.command.join(' ')}\` was not run for this report.`, ''];
}

function sectionOf(source: Source, stored: StoredResult, plots: Map<string, string>): string[] {
  const { at, commit, cpu, cores, memoryGb, system, node, load } = stored.measured;
  const figures = figuresOf(stored.result).filter(({ path }) => path[0] !== 'environment' && path[0] !== 'options');
  const images = groupsOf(figures).map((group) => {
    const file = `${source.name}-${group.title}.svg`;
    plots.set(file, svgOf(group));
    return `![${altOf(group)}](plots/${file})`;
  });
  return [
    ...heading(source),
    `\`${stored.command}\`, status ${stored.status}, ${stored.seconds} s; ${at}, commit ${commit}; ${cores} × ${cpu}, ${memoryGb} GB, ${system},`,
    `Node ${node}, load ${load}${load > cores ? ' (not quiet)' : ''}. Everything: [results/${source.name}.json](results/${source.name}.json).`,
    '',
    ...tableOf(figures),
    ...images.flatMap((image) => [image, '']),
  ];
}

function altOf({ title, bars }: Group): string {
  return `${title} of ${bars.map(({ label }) => label).join(', ')}`;
}

function tableOf(figures: readonly Figure[]): string[] {
  const shown = figures.slice(0, ROWS_SHOWN);
  if (shown.length === 0) return [];
  return [
    '| figure | value |',
    '| --- | ---: |',
    ...shown.map(
      ({ path, value }) => `| ${path.join(' ')} | ${value.toLocaleString('en', { maximumFractionDigits: 3 })} |`,
    ),
    '',
  ];
}
