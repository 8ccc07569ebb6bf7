import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { testStack, uniqueName } from '../../../tests/testing/stack.ts';
import { kafkaConfig, loadConfig } from '../../config.ts';
import { silentLogger } from '../../logging.ts';
import { createKafka, type KafkaClient } from '../client.ts';
import { connectProducer } from '../producer.ts';
import { withBrokerAdmin } from '../testing/broker-admin.ts';
import { readToEnd } from '../topic-reader.ts';
import { readLz4Frame } from './lz4.ts';
import { readSnappy } from './snappy.ts';

let kafka: KafkaClient;

beforeAll(() => {
  const settings = loadConfig(z.object(kafkaConfig), { KAFKA_BROKERS: testStack().kafkaBrokers.join(',') });
  kafka = createKafka(settings, 'compression-test', silentLogger());
});

/** Values that compress in every way: not at all, long runs, short and far matches, several blocks of 64 KiB. */
function values(): Buffer[] {
  const words = randomBytes(64);
  const text = Array.from({ length: 3000 }, (_, n) => `claim ${n % 37} of channel ${n % 11} at slot ${n}`).join(' ');
  return [
    Buffer.from('x'),
    Buffer.alloc(70_000, 'ab'),
    randomBytes(70_000),
    Buffer.from(text),
    Buffer.concat([words, randomBytes(5000), words, Buffer.alloc(300), words]),
    ...Array.from({ length: 200 }, (_, n) => Buffer.from(`{"slot":${n},"channel":"lacy","amount":"${n * 7919}"}`)),
  ];
}

describe('records that the broker has compressed', () => {
  it.each(['lz4', 'zstd', 'snappy', 'gzip', 'uncompressed'])('are read byte for byte (%s)', async (compression) => {
    const topic = uniqueName(compression);
    await withBrokerAdmin(kafka, (admin) =>
      admin.createTopics({
        waitForLeaders: true,
        topics: [{ topic, numPartitions: 1, configEntries: [{ name: 'compression.type', value: compression }] }],
      }),
    );
    const sent = values();
    const producer = await connectProducer(kafka);
    await producer.send(sent.map((value) => ({ topic, key: null, value })));
    await producer.disconnect();
    const read: (Buffer | null)[] = [];
    await readToEnd({
      kafka,
      topic,
      onRecords: (records) => {
        read.push(...records.map(({ value }) => value));
      },
    });
    expect(read).toEqual(sent);
  });
});

describe('compressed data that is cut or made up', () => {
  it('is an error, never other bytes', () => {
    expect(() => readLz4Frame(Buffer.from('no frame at all'))).toThrow(RangeError);
    // A frame whose only match points before its beginning.
    expect(() => readLz4Frame(Buffer.from('04224d186040820500000010610200000000000000', 'hex'))).toThrow(RangeError);
    // Four bytes are announced, one literal is there.
    expect(() => readSnappy(Buffer.from([4, 0, 0x61]))).toThrow(RangeError);
  });
});
