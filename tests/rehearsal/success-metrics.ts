/** The numbers of the target architecture under "Success Metrics", each beside its target. */

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { answeredShare } from './client/asked.ts';
import type { Rehearsal } from './rehearsal.ts';

export interface SuccessMetric {
  readonly metric: string;
  readonly target: string;
  readonly measured: string;
  /** null: what was measured does not tell. */
  readonly met: boolean | null;
}

const WEEK_S = 7 * 24 * 3600;

/** Bounds of a histogram's quantiles, from its buckets: what so many of the observations are under. */
export function quantileBound(text: string, name: string, quantile: number): number | undefined {
  const buckets = [...text.matchAll(new RegExp(`^${name}_bucket{(?:.*,)?le="([^"]+)"[^}]*} ([\\d.e+]+)`, 'gm'))].map(
    ([, bound = '', count = '']) => ({ bound: bound === '+Inf' ? Infinity : Number(bound), count: Number(count) }),
  );
  const total = Math.max(0, ...buckets.map(({ count }) => count));
  if (total === 0) return undefined;
  return buckets.sort((a, b) => a.bound - b.bound).find(({ count }) => count >= quantile * total)?.bound;
}

export interface RoleFigures {
  /** From the notification of an event to Kafka's acknowledgement: half of them, 99 of 100 are under, ms. */
  readonly streamMs: readonly [number | undefined, number | undefined];
  /** From the record of a root to its finalised transaction: half, 99 of 100, s. */
  readonly settlementS: readonly [number | undefined, number | undefined];
}

/** As listener and settlement have counted since their start. */
export async function readFigures(rehearsal: Rehearsal): Promise<RoleFigures> {
  const metricsOf = async (role: string): Promise<string> => {
    const ops = await (await rehearsal.site.role(role)).startedField('ops');
    return (await fetch(`${ops}/metrics`)).text();
  };
  const [listen, settle] = [await metricsOf('listen'), await metricsOf('settle')];
  const bounds = (text: string, name: string) =>
    [quantileBound(text, name, 0.5), quantileBound(text, name, 0.99)] as const;
  return {
    streamMs: bounds(listen, 'ao_listener_notification_latency_ms'),
    settlementS: bounds(settle, 'ao_settlement_latency_seconds'),
  };
}

export function successMetrics(
  rehearsal: Rehearsal,
  { streamMs, settlementS }: RoleFigures,
  parity: { readonly equal: number; readonly both: number },
): SuccessMetric[] {
  const seconds = (Date.now() - rehearsal.startedMs) / 1000;
  const ended = rehearsal.site.endedUnasked;
  const asked = rehearsal.asked();
  const uptime = answeredShare(asked, rehearsal.losses);
  const whole = answeredShare(asked);
  const bytes = bytesIn(rehearsal.setting.dir, (name) => name === 'log.ndjson' || name.endsWith('.ndjson'));
  const perWeek = (bytes / seconds) * WEEK_S;
  return [
    {
      metric: 'Stream latency',
      target: '< 500 ms',
      measured: `half of the events under ${streamMs[0] ?? '?'} ms, 99 of 100 under ${streamMs[1] ?? '?'} ms (notification to Kafka)`,
      met: streamMs[1] === undefined ? null : streamMs[1] <= 500,
    },
    {
      metric: 'Aggregator restarts',
      target: '< 5 per week',
      measured: `${ended.length} ends that nobody asked for, of all roles, in ${(seconds / 60).toFixed(1)} min${ended.length === 0 ? '' : ` (${ended.join(', ')})`}; a week is not measured here`,
      met: ended.length === 0 ? null : false,
    },
    {
      metric: 'Gateway uptime',
      target: '> 99.9 %',
      measured: `${percent(uptime)} of the requests to the public port were answered in ${(seconds / 60).toFixed(1)} min that hold both switches and the rollback, every one outside of them; ${percent(whole)} with the losses of the drills; a week is not measured here`,
      // Of minutes a single change of the port is more than one part in a thousand.
      met: uptime > 0.999 ? true : null,
    },
    {
      metric: 'Merkle root parity',
      target: '100 %',
      measured: `${percent(parity.equal / parity.both)}: ${parity.equal} of ${parity.both} roots that both sides made`,
      met: parity.equal === parity.both,
    },
    {
      metric: 'Settlement latency',
      target: '< 10 min',
      measured: `half under ${settlementS[0] ?? '?'} s, 99 of 100 under ${settlementS[1] ?? '?'} s (record of the root to its finalised transaction)`,
      met: settlementS[1] === undefined ? null : settlementS[1] <= 600,
    },
    {
      metric: 'Log growth',
      target: '< 500 MB per week',
      measured: `${(bytes / 1e6).toFixed(1)} MB in ${(seconds / 60).toFixed(1)} min, ${(perWeek / 1e6).toFixed(0)} MB a week at this pace (a slot each 100 ms, roles that are killed and lost); NDJSON is cut at 450 MB (NDJSON_LOG_TOTAL_MB), the log of a local role at 8 MB`,
      met: null,
    },
  ];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

function bytesIn(dir: string, isLog: (name: string) => boolean): number {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && isLog(entry.name))
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
