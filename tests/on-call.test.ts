/** What the people on call have: every query of every panel and alarm, traces, and every command of the runbooks, on the running platform. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { dashboardQueries } from '../deploy/grafana/dashboard.ts';
import { prometheusOrReason } from '../deploy/testing/prometheus.ts';
import { eventIdentity, rootIdentity, traceIdOf } from '../runtime/tracing/identities.ts';
import { type ClosedLoop, doneRoots, startClosedLoop } from './testing/closed-loop.ts';
import { OtlpReceiver, type ReceivedSpan } from './testing/otlp-receiver.ts';
import { Prometheus } from './testing/prometheus.ts';
import type { RoleProcess } from './testing/role-process.ts';
import { type RunbookPlatform, runbookCommands, runbookSteps, runCommand } from './testing/runbooks.ts';
import { until, untilNone } from './testing/until.ts';

const ROLES = ['listen', 'process', 'sink', 'settle', 'gateway', 'lag-exporter'] as const;

/** The queries of the dashboard that kafka_exporter's authors publish (7589), for all topics of our exporter. */
const KAFKA_EXPORTER_QUERIES = [
  'sum(rate(kafka_topic_partition_current_offset{instance="lag-exporter", topic=~".+"}[1m])) by (topic)',
  'sum(kafka_consumergroup_lag{instance="lag-exporter", topic=~".+"}) by (consumergroup, topic)',
  'sum(delta(kafka_topic_partition_current_offset{instance=~"lag-exporter", topic=~".+"}[5m])/5) by (topic)',
  'sum(delta(kafka_consumergroup_current_offset{instance=~"lag-exporter", topic=~".+"}[5m])/5) by (consumergroup, topic)',
  'sum by (topic) (kafka_topic_partitions{instance="lag-exporter", topic=~".+"})',
];

const { groups } = parse(readFileSync('deploy/prometheus/alerts.yml', 'utf8')) as {
  groups: { rules: { alert: string; expr: string }[] }[];
};
const rules = groups.flatMap((group) => group.rules);

const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32).toString('base64')}`;

let loop: ClosedLoop;
let dir: string;
let aggregator: Server;
let aggregatorStatus = 200;
let prometheus: Prometheus | undefined;
let runbookPlatform: RunbookPlatform;
let receiver: OtlpReceiver;
let roles: Record<string, RoleProcess>;
let gatewayUrl: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ao-on-call-'));
  aggregator = createServer((_request, response) => response.writeHead(aggregatorStatus).end());
  await new Promise<void>((done) => aggregator.listen(0, '127.0.0.1', done));
  const { port } = aggregator.address() as AddressInfo;
  receiver = await OtlpReceiver.start();
  loop = await startClosedLoop({}, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  const { platform } = loop;
  roles = await platform.startAll(...ROLES);
  gatewayUrl = (await roles['gateway']?.startedField('gateway')) ?? '';
  const env = { AGGREGATOR_URL: `http://127.0.0.1:${port}` };
  roles['webhook'] = await platform.start('webhook', { env, ready: false });
  const webhooksFile = join(dir, 'webhooks.json');
  const endpoint = { id: 'integrator', url: env.AGGREGATOR_URL, secrets: [WEBHOOK_SECRET], from: 'beginning' };
  writeFileSync(webhooksFile, JSON.stringify({ endpoints: [endpoint] }), { mode: 0o600 });
  const webhooks = { WEBHOOKS_FILE: webhooksFile, WEBHOOKS_PRIVATE_NETWORKS: '127.0.0.0/8' };
  roles['webhooks'] = await platform.start('webhooks', { env: webhooks, ready: false });
  await platform.start('traffic', { env: { GATEWAY_URL: gatewayUrl } });

  const programs = await prometheusOrReason();
  const opening = Object.entries(roles).map(async ([name, role]) => [name, await role.startedField('ops')] as const);
  const doors = new Map(await Promise.all(opening));
  if (programs !== undefined) prometheus = await Prometheus.start(programs, doors, dir);
  const forTools = { ...platform.env, ...webhooks, GATEWAY_PORT: new URL(gatewayUrl).port };
  runbookPlatform = { env: forTools, pool: platform.pool, doors, dir };
  await until('two roots are settled and seen', async () => (await doneRoots(gatewayUrl)).length >= 2);
});

afterAll(async () => {
  await prometheus?.stop();
  await loop?.stop();
  await receiver?.stop();
  aggregator?.closeAllConnections();
  await new Promise((done) => aggregator?.close(done));
  rmSync(dir, { recursive: true, force: true });
});

/** The queries that give nothing. A broken one ends the test with the sentence of Prometheus. */
async function emptyOf(queries: readonly string[], server: Prometheus): Promise<string[]> {
  const answers = await Promise.all(queries.map((query) => server.query(query)));
  return queries.filter((_, index) => answers[index]?.length === 0);
}

describe('a real Prometheus that scrapes the running platform', () => {
  it('raises the alarm of a role that holds, naming role and reason', async () => {
    if (prometheus === undefined) return;
    const server = prometheus;
    // The address is wrong from now on: the sink holds what it cannot push until somebody mends that.
    aggregatorStatus = 404;
    const alert = await until('the alarm is raised', async () =>
      (await server.rules())
        .find(({ name }) => name === 'RoleHolds')
        ?.alerts.find(({ labels }) => labels['instance'] === 'webhook'),
    );
    expect(alert.labels).toMatchObject({ instance: 'webhook', code: 'AGGREGATOR_MISCONFIGURED', severity: 'critical' });
  });

  it('has an answer for every query of every panel', async () => {
    if (prometheus === undefined) return;
    const server = prometheus;
    expect(dashboardQueries().length).toBeGreaterThan(70);
    expect(await untilNone(() => emptyOf(dashboardQueries(), server))).toEqual([]);
  });

  it('has the series of every alarm, also of those that are silent, and evaluates each without an error', async () => {
    if (prometheus === undefined) return;
    const server = prometheus;
    const selectors = rules.flatMap(({ expr }) =>
      [...expr.matchAll(/\b(?:(?:ao|kafka)_[a-z_]+|up)\b(?:\{[^}]*\})?/g)].map(([selector]) => selector),
    );
    expect(selectors.length).toBeGreaterThanOrEqual(rules.length);
    expect(await untilNone(() => emptyOf(selectors, server))).toEqual([]);
    const states = await until('every rule was evaluated', async () => {
      const found = await server.rules();
      return found.every(({ health }) => health !== 'unknown') && found;
    });
    expect(states.map(({ name }) => name).sort()).toEqual(rules.map(({ alert }) => alert).sort());
    expect(states.filter(({ health }) => health !== 'ok')).toEqual([]);
  });

  it("has an answer for the five queries of kafka_exporter's public dashboard", async () => {
    if (prometheus === undefined) return;
    const server = prometheus;
    expect(await untilNone(() => emptyOf(KAFKA_EXPORTER_QUERIES, server))).toEqual([]);
  });
});

describe('a trace', () => {
  const CLIENT = { traceId: 'c0ffee'.padEnd(32, '0'), spanId: 'c0ffee'.padEnd(16, '0') };
  const named = (spans: readonly ReceivedSpan[], name: string): ReceivedSpan | undefined =>
    spans.find((span) => span.name === name);

  it('goes from a signature over its event, its root, the settlement and the rows to the answer', async () => {
    const { topics } = loop.platform;
    const [done] = await doneRoots(gatewayUrl);
    const { channel, epoch } = done ?? { channel: '', epoch: '' };
    const identity = rootIdentity(channel, epoch);
    await fetch(`${gatewayUrl}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent: `00-${CLIENT.traceId}-${CLIENT.spanId}-01` },
      body: JSON.stringify({ query: `{ root(channel: "${channel}", epoch: "${epoch}") { root } }` }),
    });

    const rootSpans = await until('the trace of the root is whole', () => {
      const spans = receiver.trace(identity.traceId);
      const wanted = ['root', `send ${topics.roots}`, `process ${topics.roots}`, 'settlement'];
      wanted.push(`send ${topics.settlements}`, `process ${topics.settlements}`);
      return wanted.every((name) => named(spans, name) !== undefined) && spans;
    });
    const root = named(rootSpans, 'root');
    expect(root).toMatchObject({ ...identity, parentSpanId: '', service: 'ao-process' });
    expect(root?.attributes).toMatchObject({ 'ao.root': done?.root, 'ao.claims': done?.count });
    expect(root?.links).toHaveLength(done?.count ?? 0);
    expect(named(rootSpans, 'settlement')).toMatchObject({ service: 'ao-settle', parentSpanId: identity.spanId });
    expect(named(rootSpans, 'settlement')?.attributes['solana.signature']).toBe(done?.settlement.signature);
    const sent = named(rootSpans, `send ${topics.roots}`);
    expect(sent?.parentSpanId).toBe(identity.spanId);
    expect(named(rootSpans, `process ${topics.roots}`)).toMatchObject({
      service: 'ao-sink',
      parentSpanId: sent?.spanId,
      kind: 5,
    });

    const [link] = root?.links ?? [];
    const eventSpans = receiver.trace(link?.traceId ?? '');
    const event = named(eventSpans, 'event claim');
    expect(event).toMatchObject({ ...link, ...eventIdentity(String(event?.attributes['ao.event_id'])) });
    expect(event?.traceId).toBe(traceIdOf(String(event?.attributes['solana.signature'])));
    const rows = eventSpans.filter(({ service, name }) => service === 'ao-sink' && name.startsWith('process '));
    const writes = eventSpans.filter(({ name }) => name === `send ${topics.streamEvents}`).map(({ spanId }) => spanId);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter(({ parentSpanId }) => !writes.includes(parentSpanId))).toEqual([]);

    const answer = await until('the answer is told', () => named(receiver.trace(CLIENT.traceId), 'POST /graphql'));
    expect(answer).toMatchObject({ service: 'ao-gateway', parentSpanId: CLIENT.spanId, kind: 2, links: [identity] });
  });

  it('is named by the headers of records and by log lines', async () => {
    const { topics } = loop.platform;
    for (const topic of [topics.roots, topics.settlements]) {
      const records = await loop.platform.records(topic);
      expect(records.length).toBeGreaterThan(0);
      const without = records.filter(
        ({ headers }) => !/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/.test(headers['traceparent'] ?? ''),
      );
      expect(without).toEqual([]);
    }
    const lines = (roles['process']?.log() ?? []).filter(({ msg }) => msg === 'root finalised');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines)
      expect(line['trace_id']).toBe(rootIdentity(String(line['channel']), String(line['epoch'])).traceId);
  });
});

describe('the runbooks', () => {
  it('have steps that are commands', () => {
    const pages = runbookSteps();
    expect(pages.size).toBeGreaterThan(rules.length);
    expect([...pages].filter(([, steps]) => steps.length === 0).map(([name]) => name)).toEqual([]);
    const notCommands = [...pages].flatMap(([name, steps]) =>
      steps.filter((step) => !/^`[^`]+`$/.test(step)).map((step) => `${name}: ${step}`),
    );
    expect(notCommands).toEqual([]);
  });

  it('have commands that the running platform answers', async () => {
    const waiting = runbookCommands();
    expect(waiting.length).toBeGreaterThan(25);
    const wrong: string[] = [];
    const worker = async (): Promise<void> => {
      for (let command = waiting.shift(); command !== undefined; command = waiting.shift()) {
        const found = await runCommand(command, runbookPlatform).catch((error: unknown) => String(error));
        if (found !== undefined) wrong.push(`${command}: ${found}`);
      }
    };
    await Promise.all([worker(), worker()]);
    expect(wrong).toEqual([]);
  });
});
