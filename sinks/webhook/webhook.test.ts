import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../runtime/config.ts';
import { KafkaAdmin } from '../../runtime/kafka/admin.ts';
import { createKafka } from '../../runtime/kafka/client.ts';
import { RecordCodec } from '../../runtime/kafka/codec.ts';
import { connectProducer, type RecordProducer } from '../../runtime/kafka/producer.ts';
import { ensureTopics, type TopicNames } from '../../runtime/kafka/topics.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { type StartedRole, startRole } from '../../runtime/role.ts';
import type { StreamEvent } from '../../schemas/records.ts';
import { testStack, uniqueName } from '../../tests/testing/stack.ts';
import { until } from '../../tests/testing/until.ts';
import { webhookConfig } from './config.ts';
import { role } from './main.ts';

interface Push {
  readonly body: { signature: string; name: string; slot: number; ts: string; data: Record<string, unknown> };
  readonly headers: IncomingMessage['headers'];
  readonly atMs: number;
}

/** Status and headers of an answer to the nth push of a signature, from 1. */
type Answering = (signature: string, attempt: number) => { status: number; headers?: Record<string, string> } | 'hang';

const TAKE: Answering = () => ({ status: 204 });

let server: Server;
let answering: Answering = TAKE;
let pushes: Push[] = [];
let wake: () => void = () => undefined;
let env: Record<string, string>;
let topics: TopicNames;
let codec: RecordCodec;
let producer: RecordProducer;
let admin: KafkaAdmin;
let running: StartedRole | undefined;

beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(parts).toString('utf8')) as Push['body'];
      pushes.push({ body, headers: request.headers, atMs: Date.now() });
      const attempt = pushes.filter((push) => push.body.signature === body.signature).length;
      const answer = answering(body.signature, attempt);
      if (answer !== 'hang') response.writeHead(answer.status, answer.headers).end();
      wake();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { kafkaBrokers, registryUrl } = testStack();
  env = {
    KAFKA_BROKERS: kafkaBrokers.join(','),
    SCHEMA_REGISTRY_URL: registryUrl,
    KAFKA_NAMESPACE: `${uniqueName('webhook')}.`,
    KAFKA_PARTITIONS: '1',
    AGGREGATOR_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    AGGREGATOR_TOKEN: 'a-secret',
    // Only what hangs is cut off: a busy machine answers late.
    AGGREGATOR_TIMEOUT_MS: '3000',
    METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics',
  };
  const settings = loadConfig(webhookConfig, env);
  const kafka = createKafka(settings, 'webhook-test', silentLogger());
  topics = await ensureTopics(kafka, settings);
  codec = await RecordCodec.connect(settings);
  producer = await connectProducer(kafka);
  admin = await KafkaAdmin.connect(kafka);
});
beforeEach(() => {
  pushes = [];
  answering = TAKE;
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
});
afterAll(async () => {
  await producer.disconnect();
  await admin.close();
  server.closeAllConnections();
  server.close();
});

function event(signature: string, change: Partial<StreamEvent> = {}): StreamEvent {
  return {
    eventId: `${signature}/0`,
    timestamp: '2025-11-18T00:00:00.000Z',
    slot: 7,
    signature,
    tx: {
      ...{ version: '0', blockTime: 1_763_424_000, feePayer: 'payer', signers: ['payer'] },
      ...{ feeLamports: 5000n, computeUnits: 50_000, error: null },
    },
    instruction: {
      ...{ program: 'Attention Oracle', action: 'claim', name: 'claim_channel_open' },
      data: {
        ...{ claimer: 'claimer', epoch: 881n, index: 3, amount: 18_446_744_073_709_551_615n, id: 'lacy:fan' },
        ...{ root: null, requireReceipt: null, mintReceipt: null },
      },
    },
    ...{ channel: 'lacy', channelAsSeen: 'Lacy', protocolState: 'state', succeeded: true, commitment: 'confirmed' },
    ...{ retracted: false, source: 'listener-1', decoderVersion: 1, raw: Buffer.from('00', 'hex') },
    ...change,
  };
}

async function emit(...events: (StreamEvent | Buffer)[]): Promise<void> {
  const records = events.map((value) => ({
    topic: topics.streamEvents,
    key: 'lacy',
    value: Buffer.isBuffer(value) ? value : codec.encode('StreamEvent', value),
  }));
  await producer.send(records);
}

async function pushesOf(...signatures: string[]): Promise<Push[]> {
  while (!signatures.every((signature) => pushes.some(({ body }) => body.signature === signature))) {
    await new Promise<void>((resolve) => (wake = resolve));
  }
  return pushes;
}

async function deadLetterCount(): Promise<number> {
  const bounds = await admin.bounds(topics.deadLetters);
  return [...bounds.values()].reduce((sum, { high }) => sum + Number(high), 0);
}

describe('webhook sink', () => {
  it('pushes an event in the legacy form with the token, amounts exact', async () => {
    running = await startRole(role, env, silentLogger());
    await emit(event('plain'));
    const [push] = await pushesOf('plain');
    expect(push?.body).toEqual({
      ...{ ts: '2025-11-18T00:00:00.000Z', signature: 'plain', slot: 7, name: 'claim_channel_open' },
      data: {
        channel: 'lacy',
        claimer: 'claimer',
        epoch: '881',
        index: 3,
        amount: '18446744073709551615',
        id: 'lacy:fan',
      },
    });
    expect(push?.headers['x-internal-token']).toBe('a-secret');
    expect(push?.headers['x-event-id']).toBe('plain/0');
  });

  it('pushes neither failed nor retracted events nor watermarks, and an event seen again only once', async () => {
    running = await startRole(role, env, silentLogger());
    await emit(
      event('failed', { succeeded: false }),
      event('retracted', { retracted: true }),
      codec.encode('SlotWatermark', {
        ...{ source: 'listener-1', fromSlot: 0, slot: 9, blockTime: 1, method: 'signature-walk' },
        ...{ signatures: 1, endpoint: 'rpc' },
      }),
      event('twice'),
      event('twice', { commitment: 'finalized', source: 'listener-2' }),
      event('last'),
    );
    expect((await pushesOf('last')).map(({ body }) => body.signature)).toEqual(['twice', 'last']);
  });

  it('keeps the order while the aggregator fails, hangs or asks for a pause', async () => {
    answering = (signature, attempt) => {
      if (signature !== 'slow' || attempt > 4) return { status: 200 };
      if (attempt === 1) return { status: 503 };
      if (attempt === 2) return 'hang';
      if (attempt === 3) return { status: 429, headers: { 'retry-after': '1' } };
      return { status: 401 };
    };
    running = await startRole(role, env, silentLogger());
    await emit(event('slow'), event('next'));
    await pushesOf('next');
    expect(pushes.map(({ body }) => body.signature)).toEqual(['slow', 'slow', 'slow', 'slow', 'slow', 'next']);
    expect((pushes[3]?.atMs ?? 0) - (pushes[2]?.atMs ?? 0)).toBeGreaterThanOrEqual(990);
    expect(await deadLetterCount()).toBe(0);
  });

  it.each([404, 405, 410])(
    'holds the partition, not ready, while the URL is wrong (%i), and loses nothing',
    async (status) => {
      const [first, second] = [`moved-${status}`, `behind-${status}`];
      answering = () => ({ status });
      const lettersBefore = await deadLetterCount();
      running = await startRole(role, env, silentLogger());
      const sink = running;
      await emit(event(first), event(second));
      await until('a second try', () => pushes.filter(({ body }) => body.signature === first).length > 1);
      expect(sink.held()).toMatchObject([{ subject: `${topics.streamEvents}/0`, code: 'AGGREGATOR_MISCONFIGURED' }]);
      expect(sink.ready().aggregator).toBe(false);
      expect(pushes.some(({ body }) => body.signature === second)).toBe(false);
      answering = TAKE;
      await pushesOf(first, second);
      await until('nothing is held', () => sink.held().length === 0);
      expect(await deadLetterCount()).toBe(lettersBefore);
    },
  );

  it('puts what the aggregator refuses, and what cannot be read, to the dead letters and goes on', async () => {
    answering = (signature) => ({ status: signature === 'refused' ? 422 : 200 });
    running = await startRole(role, env, silentLogger());
    const lettersBefore = await deadLetterCount();
    await emit(event('refused'), Buffer.from('not avro'), event('after'));
    expect((await pushesOf('after')).map(({ body }) => body.signature)).toEqual(['refused', 'after']);
    expect(await deadLetterCount()).toBe(lettersBefore + 2);
  });

  it('pushes what was not taken again after a restart, and nothing that was', async () => {
    answering = (signature) => ({ status: signature === 'down' ? 500 : 200 });
    running = await startRole(role, env, silentLogger());
    await emit(event('taken'), event('down'));
    await pushesOf('taken', 'down');
    await running.stop();
    pushes = [];
    answering = TAKE;
    running = await startRole(role, env, silentLogger());
    expect((await pushesOf('down')).map(({ body }) => body.signature)).toEqual(['down']);
  });

  it('does not start without AGGREGATOR_URL and says so', async () => {
    const { AGGREGATOR_URL: _url, ...without } = env;
    await expect(startRole(role, without, silentLogger())).rejects.toThrow(/AGGREGATOR_URL: required, not set/);
  });
});
