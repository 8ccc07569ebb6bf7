/** What a member of a group does with a record that it cannot read yet. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Registry } from '@prometheus-io/client';
import { z } from 'zod';
import type { SlotWatermark } from '../../schemas/records.ts';
import { testStack, uniqueName } from '../../tests/testing/stack.ts';
import { until } from '../../tests/testing/until.ts';
import { kafkaConfig, loadConfig } from '../config.ts';
import { Holds } from '../holds.ts';
import { silentLogger } from '../logging.ts';
import { createKafka, type KafkaClient, type KafkaSettings } from './client.ts';
import { RecordCodec } from './codec.ts';
import { GroupConsumer } from './consumer.ts';
import { connectProducer } from './producer.ts';
import { type FaultyRegistry, startFaultyRegistry } from './testing/faulty-registry.ts';
import { ensureTopics } from './topics.ts';

const UNKNOWN = Buffer.from([0, 0x7f, 0xff, 0xff, 0xf0, 1, 2]);
const log = silentLogger();
const open: { stop(): Promise<unknown> }[] = [];
let registry: FaultyRegistry;
let settings: KafkaSettings;
let kafka: KafkaClient;
let topic: string;
let codec: RecordCodec;

beforeAll(async () => {
  registry = await startFaultyRegistry(testStack().registryUrl);
  settings = loadConfig(z.object(kafkaConfig), {
    KAFKA_BROKERS: testStack().kafkaBrokers.join(','),
    SCHEMA_REGISTRY_URL: registry.url,
    KAFKA_NAMESPACE: `${uniqueName('held')}.`,
    KAFKA_PARTITIONS: '2',
    KAFKA_SESSION_TIMEOUT_MS: '6000',
  });
  kafka = createKafka(settings, 'held-test', log);
  topic = (await ensureTopics(kafka, settings)).streamEvents;
  codec = await RecordCodec.connect(settings);
  const producer = await connectProducer(kafka);
  const record = (partition: number, value: Buffer) => ({ topic, partition, key: null, value });
  await producer.send([record(0, mark(1)), record(0, UNKNOWN), record(0, mark(2)), record(1, mark(3))]);
  await producer.disconnect();
});
afterEach(async () => {
  for (const each of open.splice(0)) await each.stop();
});

afterAll(() => registry.stop());

function mark(slot: number): Buffer {
  const watermark: SlotWatermark = {
    ...{ source: 'a', fromSlot: 0, slot, blockTime: 1, method: 'walk', signatures: 0, endpoint: 'e' },
  };
  return codec.encode('SlotWatermark', watermark);
}

/** A member that commits what it is given; a registry that knows the schema makes the record one of nobody's. */
async function join(groupId: string): Promise<{ holds: Holds; seen: string[]; consumer: GroupConsumer }> {
  const holds = new Holds(log, new Registry());
  const seen: string[] = [];
  const consumer: GroupConsumer = new GroupConsumer({
    ...{ kafka, groupId, topics: [topic], log, holds, codec: await RecordCodec.connect(settings) },
    async onBatch(batch) {
      seen.push(...batch.messages.map(({ offset }) => `${batch.partition}:${offset}`));
      if (batch.isCurrent()) await consumer.commit(topic, batch.partition, batch.nextOffset);
    },
  });
  open.push(consumer);
  await consumer.start();
  return { holds, seen, consumer };
}

const schemaOfNobody = { status: 200, body: JSON.stringify({ schema: '{"type":"record","name":"N","fields":[]}' }) };
const heldBy = (holds: Holds): string[] => holds.all.map(({ subject, code }) => `${subject} ${code}`);

describe('a record whose schema the registry does not know', () => {
  it('holds its partition right before it, the others go on, and it goes on once the registry knows', async () => {
    registry.fault = () => undefined;
    const { holds, seen, consumer } = await join(uniqueName('group'));
    await until('the partition is held', () => heldBy(holds).includes(`${topic}/0 SCHEMA_UNKNOWN`));
    await until('the other one is read', () => seen.includes('1:0'));
    expect(seen.sort()).toEqual(['0:0', '1:0']);
    expect((await consumer.committed(topic)).get(0)?.offset).toBe(1n);
    expect(holds.all[0]?.reason).toMatch(/no schema 2147483632/);

    const asked = registry.requests.length;
    await until('it is tried again', () => registry.requests.length > asked + 1);
    expect(seen).toHaveLength(2);
    registry.fault = (request) => (request.includes('/schemas/ids/') ? schemaOfNobody : undefined);
    await until('the partition goes on', () => holds.all.length === 0);
    expect(seen.sort()).toEqual(['0:0', '0:1', '0:2', '1:0']);
    expect((await consumer.committed(topic)).get(0)?.offset).toBe(3n);
  });

  it('is held like an outage while the registry answers with an error', async () => {
    registry.fault = (request) => (request.includes('/schemas/ids/') ? { status: 503, body: '' } : undefined);
    const { holds, seen } = await join(uniqueName('group'));
    await until('the partition is held', () => heldBy(holds).includes(`${topic}/0 REGISTRY_UNAVAILABLE`));
    registry.fault = () => undefined;
    await until('the cause is another', () => heldBy(holds).includes(`${topic}/0 SCHEMA_UNKNOWN`));
    expect(seen.filter((place) => place.startsWith('0:'))).toEqual(['0:0']);
  });

  it('is held by the member that has the partition, and by no other', async () => {
    registry.fault = () => undefined;
    const group = uniqueName('group');
    const first = await join(group);
    await until('the first holds it', () => heldBy(first.holds).length === 1);
    const second = await join(group);
    await until('one of two holds it', () => heldBy(first.holds).length + heldBy(second.holds).length === 1);
    await first.consumer.stop();
    open.splice(open.indexOf(first.consumer), 1);
    await until('the one that is left holds it', () => heldBy(second.holds).length === 1);
  });
});
