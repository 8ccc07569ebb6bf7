import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../../../runtime/config.ts';
import { createKafka } from '../../../../runtime/kafka/client.ts';
import { connectTopics } from '../../../../runtime/kafka/connect.ts';
import { connectProducer, type RecordProducer } from '../../../../runtime/kafka/producer.ts';
import { silentLogger } from '../../../../runtime/logging.ts';
import { waitingFor } from '../../../../runtime/wait-for.ts';
import { testStack, uniqueName } from '../../../../tests/testing/stack.ts';
import { listenerConfig } from '../../config.ts';
import { emptyCursor } from '../../core/reading/start-position.ts';
import { type ReadBack, readCursor } from './cursor-store.ts';

const OLD_CURSORS = 20_000;
const { signal } = new AbortController();
let producer: RecordProducer;
let options: Omit<ReadBack, 'listenerId'>;
let decoded = 0;

beforeAll(async () => {
  const { kafkaBrokers, registryUrl } = testStack();
  const settings = loadConfig(listenerConfig, {
    KAFKA_BROKERS: kafkaBrokers.join(','),
    SCHEMA_REGISTRY_URL: registryUrl,
    KAFKA_NAMESPACE: `${uniqueName('cursors')}.`,
  });
  const kafka = createKafka(settings, 'cursor-test', silentLogger());
  const { topics, codec } = await connectTopics(kafka, settings, waitingFor(silentLogger(), signal));
  producer = await connectProducer(kafka);
  const record = (listener: string, slot: number) => {
    const value = codec.encode('Cursor', { ...emptyCursor(listener, 0, [], 0), slot });
    return { topic: topics.cursors, partition: 0, key: listener, value };
  };
  await producer.send([record('idle', 3)]);
  await producer.send(Array.from({ length: OLD_CURSORS }, (_, slot) => record('busy', slot)));
  const decode = codec.decode.bind(codec);
  codec.decode = (value) => {
    decoded += 1;
    return decode(value);
  };
  options = { kafka, topics, signal, codec };
});
afterAll(() => producer.disconnect());

describe('reading a cursor back', () => {
  it('20,000 cursors of its own: only the newest part of them is read', async () => {
    decoded = 0;
    expect((await readCursor({ ...options, listenerId: 'busy' }))?.slot).toBe(OLD_CURSORS - 1);
    expect(decoded).toBeLessThanOrEqual(1000);
  });

  it('a cursor below 20,000 of another listener is found all the same', async () => {
    expect((await readCursor({ ...options, listenerId: 'idle' }))?.slot).toBe(3);
  });

  it('a listener that never wrote one has none', async () => {
    expect(await readCursor({ ...options, listenerId: 'new' })).toBeUndefined();
  });
});
