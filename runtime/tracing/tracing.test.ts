import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { OtlpReceiver } from '../../tests/testing/otlp-receiver.ts';
import { loadConfig, processConfig, redacted } from '../config.ts';
import { AppError } from '../errors.ts';
import { deadLetter } from '../kafka/dead-letters.ts';
import type { OutgoingRecord } from '../kafka/records.ts';
import { createLogger } from '../logging.ts';
import { eventIdentity, rootIdentity, traceIdOf } from './identities.ts';
import { processed, SendSpans, type Subject, told } from './record-spans.ts';
import { startTracing } from './start-tracing.ts';

const SIGNATURE = '5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQpjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW';
const EVENT_ID = `${SIGNATURE}/2`;
const VALUE = Buffer.from([0, 1, 2, 3]);
const record = (): OutgoingRecord => ({ topic: 'events', key: 'lofi', value: VALUE });
const event = (): Subject => ({
  identity: eventIdentity(EVENT_ID),
  made: { name: 'event claim', sinceMs: 1_700_000_000_000 },
  attributes: { 'solana.slot': 7 },
});

let receiver: OtlpReceiver;
let endTracing: () => Promise<void>;

beforeEach(async () => {
  receiver = await OtlpReceiver.start();
  endTracing = () => Promise.resolve();
});
afterEach(async () => {
  await endTracing();
  await receiver.stop();
});

async function trace(env: Record<string, string> = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }): Promise<void> {
  endTracing = await startTracing('listen', loadConfig(z.object(processConfig), env));
}

function stored({ headers }: OutgoingRecord) {
  return { key: Buffer.from('lofi'), value: VALUE, offset: '9', timestamp: '0', headers };
}

describe('tracing', () => {
  it('is off unless an endpoint is set: records are written as they are, and no subject is asked for', async () => {
    endTracing = await startTracing('listen', loadConfig(z.object(processConfig), {}));
    const plain = record();
    const spans = new SendSpans();
    const never = (): Subject => {
      throw new Error('asked');
    };
    expect(spans.add(plain, never)).toBe(plain);
    spans.sent();
    told('settlement', never as never, 0, {});
  });

  it('follows a record from the span that sends it to the one that processes it, by the header of W3C alone', async () => {
    await trace();
    const spans = new SendSpans();
    const sent = spans.add(record(), event);
    spans.sent();
    processed('events', 3, [stored(sent), stored(record())], Date.now());
    await endTracing();

    expect({ ...sent, headers: undefined }).toEqual({ ...record(), headers: undefined });
    expect(Object.keys(sent.headers ?? {})).toEqual(['traceparent']);
    const [, traceId, spanId] =
      /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(String(sent.headers?.['traceparent'])) ?? [];
    expect(traceId).toBe(traceIdOf(SIGNATURE));
    const [made, send, process, ...others] = receiver.spans;
    expect(others).toEqual([]);
    expect(made).toMatchObject({ name: 'event claim', ...eventIdentity(EVENT_ID), parentSpanId: '' });
    expect(made?.startMs).toBe(1_700_000_000_000);
    expect(send).toMatchObject({ name: 'send events', kind: 4, traceId, spanId, parentSpanId: made?.spanId });
    expect(process).toMatchObject({ name: 'process events', kind: 5, traceId, parentSpanId: spanId });
    expect(send?.attributes).toMatchObject({
      'messaging.system': 'kafka',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'events',
      'messaging.kafka.message.key': 'lofi',
      'solana.slot': 7,
    });
    expect(process?.attributes).toMatchObject({
      'messaging.operation.type': 'process',
      'messaging.destination.partition.id': '3',
      'messaging.kafka.offset': 9,
    });
    expect(receiver.spans.map(({ service }) => service)).toEqual(['ao-listen', 'ao-listen', 'ao-listen']);
  });

  it('links a root to its claims, and names the same spans after a restart', async () => {
    const eventIds = Array.from({ length: 128 }, (_, at) => `${SIGNATURE}/${at}`);
    const root = (): Subject => ({
      identity: rootIdentity('lofi', 900n),
      made: { name: 'root', sinceMs: 0, eventIds },
      attributes: {},
    });
    for (let run = 0; run < 2; run += 1) {
      await trace();
      const spans = new SendSpans();
      spans.add(record(), root);
      spans.sent();
      await endTracing();
    }
    const [first, second, ...others] = receiver.spans.filter(({ name }) => name === 'root');
    expect(others).toEqual([]);
    expect(first?.links).toEqual(eventIds.map(eventIdentity));
    expect({ ...second, endMs: first?.endMs }).toEqual(first);
  });

  it('keeps the same traces in every role: what is not kept says so in its header and is told by nobody', async () => {
    await trace({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_TRACES_SAMPLER_ARG: '0' });
    const spans = new SendSpans();
    const sent = spans.add(record(), event);
    spans.sent();
    processed('events', 0, [stored(sent)], Date.now());
    await endTracing();
    expect(String(sent.headers?.['traceparent'])).toMatch(/-00$/);
    expect(receiver.spans).toEqual([]);
  });

  it('loses spans and nothing else while the collector does not answer', async () => {
    const { url } = receiver;
    await receiver.stop();
    await trace({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
    const spans = new SendSpans();
    expect(spans.add(record(), event).value).toBe(VALUE);
    spans.sent();
    await expect(endTracing()).resolves.toBeUndefined();
  });

  it('sends the headers that the collector wants, and keeps them out of the log', async () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc,x-tenant=ao',
    };
    await trace(env);
    told('settlement', () => rootIdentity('lofi', 1n), 0, {});
    await endTracing();
    expect(receiver.headers[0]).toMatchObject({ authorization: 'Bearer abc', 'x-tenant': 'ao' });
    expect(JSON.stringify(redacted(env))).not.toContain('abc');
  });

  it('keeps the trace of a record that goes to the dead letters', async () => {
    await trace();
    const sent = new SendSpans().add(record(), event);
    const origin = { topic: 'events', partition: 0, offset: '9' };
    const letter = deadLetter('letters', origin, stored(sent), new AppError('RECORD_MALFORMED', 'no'), 'sink');
    expect(letter.headers?.['traceparent']).toBe(sent.headers?.['traceparent']);
  });

  it('writes the trace into the log lines of a signature and of a root, and nothing there while it is off', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'ao-traced-log-'));
    const file = join(dir, 'log');
    const log = createLogger('listen', 'info', file);
    log.info({ signature: SIGNATURE }, 'before');
    await trace();
    log.info({ signature: SIGNATURE }, 'seen');
    log.info({ channel: 'lofi', epoch: '900' }, 'root finalised');
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    rmSync(dir, { recursive: true });
    expect(lines.map((line) => (JSON.parse(line) as { trace_id?: string }).trace_id)).toEqual([
      undefined,
      traceIdOf(SIGNATURE),
      rootIdentity('lofi', 900n).traceId,
    ]);
  });
});
