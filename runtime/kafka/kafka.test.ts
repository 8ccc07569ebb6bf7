import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Registry } from '@prometheus-io/client';
import { z } from 'zod';
import { testStack, uniqueName } from '../../tests/testing/stack.ts';
import { kafkaConfig, loadConfig } from '../config.ts';
import { Holds } from '../holds.ts';
import { silentLogger } from '../logging.ts';
import { withAdmin } from './admin.ts';
import { createKafka, type KafkaClient, type KafkaSettings } from './client.ts';
import { RecordCodec } from './codec.ts';
import { GroupConsumer, type PartitionBatch } from './consumer.ts';
import { connectProducer, partitionFor, TransactionalWriter } from './producer.ts';
import { ensureTopics, type TopicNames } from './topics.ts';

const log = silentLogger();
const holds = new Holds(log, new Registry());
let settings: KafkaSettings;
let kafka: KafkaClient;
let topics: TopicNames;
let codec: RecordCodec;

beforeAll(async () => {
  const stack = testStack();
  settings = loadConfig(z.object(kafkaConfig), {
    KAFKA_BROKERS: stack.kafkaBrokers.join(','),
    SCHEMA_REGISTRY_URL: stack.registryUrl,
    KAFKA_NAMESPACE: `${uniqueName('runtime')}.`,
    KAFKA_PARTITIONS: '2',
  });
  kafka = createKafka(settings, 'runtime-test', log);
  topics = await ensureTopics(kafka, settings);
  codec = await RecordCodec.connect(settings);
});

const watermark = (slot: number) => ({
  source: 'listener',
  fromSlot: 0,
  slot,
  blockTime: 1_700_000_000,
  method: 'signature-walk',
  signatures: 3,
  endpoint: 'rpc.example',
});

/** Reads with a group until `count` records came, then leaves the group. */
async function read(
  groupId: string,
  topic: string,
  count: number,
): Promise<{ values: (Buffer | null)[]; batches: PartitionBatch[]; consumer: GroupConsumer }> {
  const values: (Buffer | null)[] = [];
  const batches: PartitionBatch[] = [];
  const done = Promise.withResolvers<void>();
  const consumer = new GroupConsumer({
    kafka,
    groupId,
    topics: [topic],
    log,
    holds,
    codec,
    async onBatch(batch) {
      batches.push(batch);
      values.push(...batch.messages.map(({ value }) => value));
      if (values.length >= count) done.resolve();
    },
  });
  await consumer.start();
  await done.promise;
  return { values, batches, consumer };
}

describe('ensureTopics', () => {
  it('refuses to go on when a topic has another number of partitions', async () => {
    await expect(ensureTopics(kafka, { ...settings, KAFKA_PARTITIONS: 3 })).rejects.toMatchObject({
      code: 'PARTITIONS_CHANGED',
    });
    await expect(ensureTopics(kafka, settings)).resolves.toEqual(topics);
  });
});

describe('TransactionalWriter', () => {
  let writer: TransactionalWriter;
  beforeAll(async () => {
    writer = new TransactionalWriter(kafka, uniqueName('writer'));
    await writer.fence();
  });
  afterAll(() => writer.close());

  it('commits records and the offsets of a group, with their metadata, together', async () => {
    const group = uniqueName('group');
    const value = codec.encode('SlotWatermark', watermark(1));
    await writer.write([{ topic: topics.settlements, partition: 0, key: 'a', value }], {
      id: group,
      offsets: [{ topic: topics.streamEvents, partition: 1, offset: 12n, metadata: '{"v":1}' }],
    });
    const { values, consumer } = await read(uniqueName('reader'), topics.settlements, 1);
    expect(values).toEqual([value]);
    await consumer.stop();
    const committed = await withAdmin(kafka, (admin) => admin.committed(group, [topics.streamEvents]));
    expect(committed.get(topics.streamEvents)?.get(1)).toEqual({ offset: 12n, metadata: '{"v":1}' });
  });

  it('loses the id to whoever fences it, and writes nothing any more', async () => {
    const id = uniqueName('fenced');
    const first = new TransactionalWriter(kafka, id);
    await first.fence();
    const second = new TransactionalWriter(kafka, id);
    await second.fence();
    const value = codec.encode('SlotWatermark', watermark(2));
    await expect(
      first.write([{ topic: topics.roots, partition: 0, key: 'a', value: Buffer.from('zombie') }]),
    ).rejects.toMatchObject({ code: 'PRODUCER_FENCED' });
    await second.write([{ topic: topics.roots, partition: 0, key: 'a', value }]);
    const { values, consumer } = await read(uniqueName('reader'), topics.roots, 1);
    expect(values).toEqual([value]);
    await consumer.stop();
    await second.close();
  });
});

describe('GroupConsumer', () => {
  it('begins at the beginning, gives the batch again when handling it fails, and goes on after what was committed', async () => {
    const producer = await connectProducer(kafka);
    const records = Array.from({ length: 50 }, (_, index) => ({
      topic: topics.deadLetters,
      partition: 0,
      key: 'k',
      value: Buffer.from(String(index)),
    }));
    await producer.send(records);
    const groupId = uniqueName('consumer');
    const seen: string[] = [];
    const done = Promise.withResolvers<void>();
    let failures = 0;
    const consumer: GroupConsumer = new GroupConsumer({
      kafka,
      groupId,
      topics: [topics.deadLetters],
      log,
      holds,
      codec,
      async onBatch(batch) {
        if (failures === 0) {
          failures += 1;
          throw new Error('the database is down');
        }
        seen.push(...batch.messages.map(({ value }) => value?.toString() ?? ''));
        await consumer.commit(batch.topic, batch.partition, batch.nextOffset, 'checkpoint');
        if (seen.length >= 50) done.resolve();
      },
    });
    await consumer.start();
    await done.promise;
    expect(seen).toEqual(records.map(({ value }) => value.toString()));
    expect((await consumer.committed(topics.deadLetters)).get(0)).toEqual({ offset: 50n, metadata: 'checkpoint' });
    await consumer.stop();

    await producer.send([{ topic: topics.deadLetters, partition: 0, key: 'k', value: Buffer.from('next') }]);
    const again = await read(groupId, topics.deadLetters, 1);
    expect(again.values.map((value) => value?.toString())).toEqual(['next']);
    await again.consumer.stop();
    await producer.disconnect();
  });

  it('maps a key to the partition that the producer takes', async () => {
    const producer = await connectProducer(kafka);
    for (const key of ['kaicenat', 'marlon', 'lacy', 'é', '']) {
      const [written] = await producer.send([{ topic: topics.cursors, key, value: Buffer.from(key) }]);
      expect(written?.partition).toBe(partitionFor(key, topics.cursors, 1));
      const [keyed] = await producer.send([{ topic: topics.deadLetters, key, value: Buffer.from('x') }]);
      expect(keyed?.partition).toBe(partitionFor(key, topics.deadLetters, 2));
    }
    await producer.disconnect();
  });
});
