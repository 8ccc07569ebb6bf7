/** The provisioned dashboards: the pipeline as a whole (consumer lag first, then the way of an event to a settled root), and each role. */

import type { Panel } from './panel.ts';
import { ROLE_PANELS } from './role-panels.ts';

const PIPELINE: readonly Panel[] = [
  {
    title: 'Consumer lag by group',
    description: 'Records between what a group has committed and the end of its partitions.',
    unit: 'short',
    queries: [['{{consumergroup}}', 'sum by (consumergroup) (kafka_consumergroup_lag)']],
  },
  {
    title: 'Consumer lag by partition',
    description: 'One partition that grows alone: a stuck record or a hot channel.',
    unit: 'short',
    queries: [['{{consumergroup}} {{topic}}/{{partition}}', 'topk(12, kafka_consumergroup_lag)']],
  },
  {
    title: 'Seconds behind the finalised chain',
    description: 'Block time between the newest watermark and the newest finalised slot.',
    unit: 's',
    queries: [['{{role}}', 'ao_listener_seconds_behind']],
  },
  {
    title: 'Events by action',
    description: 'Events written a second, by action and outcome.',
    unit: 'ops',
    queries: [['{{action}} {{outcome}}', 'sum by (action, outcome) (rate(ao_listener_events_total[1m]))']],
  },
  {
    title: 'Roots finalised',
    description: 'Roots emitted by recipe, in the last hour.',
    unit: 'short',
    queries: [['{{recipe}}', 'sum by (recipe) (increase(ao_processor_roots_total[1h]))']],
  },
  {
    title: 'Open claims',
    description: 'Claims in epochs that are not finalised yet.',
    unit: 'short',
    queries: [['claims', 'sum(ao_processor_open_claims)']],
  },
  {
    title: 'Settlement',
    description: 'Roots that wait, are held, or failed an attempt.',
    unit: 'short',
    queries: [
      ['waiting', 'sum(ao_settlement_lag_roots)'],
      ['held', 'sum(ao_settlement_held)'],
      ['failed in 10 min', 'sum(increase(ao_settlement_failed_total[10m]))'],
    ],
  },
  {
    title: 'Latency by stage',
    description:
      'Of an event on its way: 99 of 100 are faster. Milliseconds of the listener are divided by a thousand.',
    unit: 's',
    queries: [
      [
        'block to record',
        'histogram_quantile(0.99, sum by (le) (rate(ao_listener_event_latency_ms_bucket[5m]))) / 1000',
      ],
      ['record to row', 'histogram_quantile(0.99, sum by (le) (rate(ao_sink_record_to_row_seconds_bucket[5m])))'],
      [
        'last record to root',
        'histogram_quantile(0.99, sum by (le) (rate(ao_processor_event_to_root_seconds_bucket[5m])))',
      ],
      ['root to settlement', 'histogram_quantile(0.99, sum by (le) (rate(ao_settlement_latency_seconds_bucket[5m])))'],
      ['question to answer', 'histogram_quantile(0.99, sum by (le) (rate(ao_gateway_request_seconds_bucket[5m])))'],
    ],
  },
  {
    title: 'Trouble',
    description: 'Late events, dead letters, epochs without proof, roots that the database computes otherwise.',
    unit: 'short',
    queries: [
      ['late events', 'sum(increase(ao_processor_late_events_total[10m]))'],
      ['dead letters that nobody has seen: {{code}}', 'sum by (code) (ao_dead_letters_unseen)'],
      ['epochs that wait for proof', 'max(ao_sink_epoch_gaps)'],
      ['root mismatches', 'sum(ao_sink_root_mismatch)'],
    ],
  },
];

const WIDTH = 12;
const HEIGHT = 8;

const DASHBOARDS: readonly {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}[] = [
  { uid: 'attention-oracle', title: 'Attention Oracle', panels: PIPELINE },
  ...Object.entries(ROLE_PANELS).map(([name, panels]) => ({
    uid: `attention-oracle-${name}`,
    title: `Attention Oracle: ${name}`,
    panels,
  })),
];

/** Grafana's JSON models, by the name of the file. */
export function dashboards(): Map<string, unknown> {
  return new Map(DASHBOARDS.map((each) => [`${each.uid}.json`, model(each)]));
}

function model({ uid, title: name, panels }: (typeof DASHBOARDS)[number]): unknown {
  return {
    uid,
    title: name,
    tags: ['attention-oracle', 'kafka'],
    timezone: 'utc',
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    schemaVersion: 41,
    panels: panels.map(({ title, description, unit, queries }, index) => ({
      id: index + 1,
      type: 'timeseries',
      title,
      description,
      datasource: { type: 'prometheus', uid: 'prometheus' },
      gridPos: { x: (index % 2) * WIDTH, y: Math.floor(index / 2) * HEIGHT, w: WIDTH, h: HEIGHT },
      fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
      options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
      targets: queries.map(([legendFormat, expr], target) => ({
        refId: String.fromCharCode(65 + target),
        expr,
        legendFormat,
      })),
    })),
  };
}

/** Every query of every panel, for the test that asks a real Prometheus. */
export function dashboardQueries(): string[] {
  const panels = DASHBOARDS.flatMap((each) => each.panels);
  return panels.flatMap(({ queries }) => queries.map(([, expression]) => expression));
}
