/** The log of a rehearsal as a page. Pure. */

import type { SwitchCount } from './client/asked.ts';
import type { Drill } from './drills.ts';
import type { SuccessMetric } from './success-metrics.ts';
import type { Verdict } from './verdict.ts';

export interface Report {
  /** What was run on, one sentence. */
  readonly machine: string;
  readonly lines: readonly string[];
  readonly verdict: Verdict;
  readonly switches: readonly SwitchCount[];
  readonly drills: readonly Drill[];
  readonly metrics: readonly SuccessMetric[];
  /** What is other than it must be; none where all is well. */
  readonly faults: readonly string[];
}

const MOST_REFUSED_MS = 2000;
const MOST_RTO_MS = 15 * 60_000;
const MOST_RPO_MS = 60 * 60_000;

/** Bounds that only hold on a machine that is not busy with other work. */
export function faultsOf({ switches, drills, metrics }: Pick<Report, 'switches' | 'drills' | 'metrics'>): string[] {
  return [
    ...switches.flatMap(({ name, longestMs }) =>
      longestMs > MOST_REFUSED_MS
        ? [`${name}: refused for ${longestMs} ms, at most ${MOST_REFUSED_MS} are allowed`]
        : [],
    ),
    ...drills.flatMap(({ lost, rtoMs, rpoMs }) => [
      ...(rtoMs > MOST_RTO_MS ? [`${lost} lost: ${rtoMs} ms to restore`] : []),
      ...(rpoMs > MOST_RPO_MS ? [`${lost} lost: ${rpoMs} ms were not in the backups`] : []),
    ]),
    ...metrics.flatMap(({ metric, target, measured, met }) =>
      met === false ? [`${metric}: ${measured}; the target is ${target}`] : [],
    ),
  ];
}

export function pageOf({ machine, lines, verdict, switches, drills, metrics, faults }: Report): string {
  return [
    '# Rehearsal of the cut-over',
    '',
    'Written by `npm run rehearse` ([transition](../transition/README.md#the-rehearsal)).',
    machine,
    '',
    '## Success metrics',
    '',
    ...table(
      ['metric', 'target', 'measured', 'met'],
      metrics.map(({ metric, target, measured, met }) => [
        ...[metric, target, measured, met === null ? 'not told by this' : met ? 'yes' : 'no'],
      ]),
    ),
    '',
    '## The public port',
    '',
    'A client asked it every 25 ms, on a new connection each time. Outside of these steps, and of the losses below, every request was answered.',
    '',
    ...table(
      ['step', 'requests', 'without an answer', 'longest, ms', 'allowed, ms'],
      switches.map(({ name, asked, refused, longestMs }) =>
        [name, asked, refused, longestMs, MOST_REFUSED_MS].map(String),
      ),
    ),
    '',
    '## Losses',
    '',
    ...(drills.length === 0
      ? ['Not rehearsed in the short form.']
      : table(
          ['lost with all files', 'until all served again, s', 'allowed, s', 'not in the backups, s', 'allowed, s'],
          drills.map(({ lost, rtoMs, rpoMs }) => [
            ...[lost, (rtoMs / 1000).toFixed(1), String(MOST_RTO_MS / 1000)],
            ...[(rpoMs / 1000).toFixed(1), String(MOST_RPO_MS / 1000)],
          ]),
        )),
    '',
    '## What was lost or doubled',
    '',
    `Nothing: ${verdict.claims} claims of the chain are in ${verdict.roots} roots, each the one that an independent computation over the chain's history gives, each published once; ${verdict.both} of them were made by the legacy system too, the same.`,
    '',
    ...(faults.length === 0 ? [] : ['## Missed', '', ...faults.map((fault) => `- ${fault}`), '']),
    '## Log',
    '',
    '```',
    ...lines,
    '```',
    '',
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
