import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { z } from 'zod';
import { testStack, uniqueName } from '../../tests/testing/stack.ts';
import { kafkaConfig, loadConfig } from '../config.ts';
import { silentLogger } from '../logging.ts';
import { withAdmin } from './admin.ts';
import { createKafka, type KafkaClient, type KafkaSettings } from './client.ts';
import { RecordCodec } from './codec.ts';
import { GroupConsumer, type PartitionBatch } from './consumer.ts';
import { connectProducer, partitionFor, TransactionalWriter } from './producer.ts';
import { ensureTopics, type TopicNames } from './topics.ts';

const log = silentLogger();
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

describe('RecordCodec', () => {
  it('gives back what it wrote, u64 values exact', async () => {
    const root = {
      channel: 'kaicenat',
      epoch: 2n ** 64n - 1n,
      root: 'ab'.repeat(32),
      count: 3,
      recipe: 'claim-v0',
      oddNode: 'duplicate',
      startSlot: 10,
      endSlot: 19,
      finalizedSlot: 40,
      finalizedAt: 1_700_000_000_000,
      sourcePartition: 1,
      sourceOffset: 7,
    };
    const bytes = codec.encode('RootFinalized', root);
    await codec.prepare([bytes]);
    expect(codec.decode(bytes)).toEqual({ name: 'RootFinalized', value: root });
  });

  it('refuses to write a value that does not fit its schema', () => {
    expect(() => codec.encode('SlotWatermark', { ...watermark(1), slot: 1.5 })).toThrow(
      expect.objectContaining({ code: 'RECORD_INVALID' }),
    );
  });

  it.each([
    ['no value', null],
    ['text', Buffer.from('{"slot":1}')],
    ['a header alone', Buffer.from([0, 0, 0, 0])],
  ])('takes %s for malformed', async (_what, value) => {
    await codec.prepare([value]);
    expect(() => codec.decode(value)).toThrow(expect.objectContaining({ code: 'RECORD_MALFORMED' }));
  });

  it('takes a record cut short for malformed', async () => {
    const bytes = codec.encode('SlotWatermark', watermark(5)).subarray(0, 9);
    await codec.prepare([bytes]);
    expect(() => codec.decode(bytes)).toThrow(expect.objectContaining({ code: 'RECORD_MALFORMED' }));
  });

  it('tells of a schema that the registry does not know, and asks again later', async () => {
    const bytes = Buffer.from([0, 0x7f, 0xff, 0xff, 0xfe, 1, 2, 3]);
    await codec.prepare([bytes]);
    expect(() => codec.decode(bytes)).toThrow(expect.objectContaining({ code: 'SCHEMA_UNKNOWN' }));
    await codec.prepare([bytes]);
    expect(() => codec.decode(bytes)).toThrow(expect.objectContaining({ code: 'SCHEMA_UNKNOWN' }));
  });

  it('reads what an older schema wrote, filling in defaults', async () => {
    const registry = new SchemaRegistry({ host: settings.SCHEMA_REGISTRY_URL });
    const older = {
      type: 'record',
      name: 'Cursor',
      namespace: 'attentionoracle',
      fields: [
        { name: 'listener', type: 'string' },
        { name: 'fromSlot', type: 'long' },
        { name: 'slot', type: 'long' },
        { name: 'blockTime', type: 'long' },
        {
          name: 'resumeOffsets',
          type: {
            type: 'array',
            items: {
              type: 'record',
              name: 'PartitionOffset',
              fields: [
                { name: 'partition', type: 'int' },
                { name: 'offset', type: 'long' },
              ],
            },
          },
        },
        { name: 'updatedAt', type: { type: 'long', logicalType: 'timestamp-millis' } },
      ],
    };
    const { id } = await registry.register(
      { type: SchemaType.AVRO, schema: JSON.stringify(older) },
      { subject: `${uniqueName('older')}-cursor` },
    );
    const bytes = await registry.encode(id, {
      listener: 'a',
      fromSlot: 0,
      slot: 5,
      blockTime: 1,
      resumeOffsets: [],
      updatedAt: 2,
    });
    await codec.prepare([bytes]);
    expect(codec.decode(bytes)).toMatchObject({ name: 'Cursor', value: { slot: 5, signature: null } });
  });

  it('treats a registry that does not answer as something to retry', async () => {
    const away = { ...settings, SCHEMA_REGISTRY_URL: 'http://127.0.0.1:9/apis/ccompat/v7' };
    await expect(RecordCodec.connect(away)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE', retryable: true });
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
