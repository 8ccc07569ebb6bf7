import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { testStack, uniqueName } from '../../tests/testing/stack.ts';
import { kafkaConfig, loadConfig } from '../config.ts';
import { silentLogger } from '../logging.ts';
import { withAdmin } from './admin.ts';
import { createKafka, type KafkaClient } from './client.ts';
import { connectProducer, type RecordProducer, TransactionalWriter } from './producer.ts';
import { withBrokerAdmin } from './testing/broker-admin.ts';
import { followTopic, readToEnd, type TopicReading } from './topic-reader.ts';

let kafka: KafkaClient;
let producer: RecordProducer;
let topic: string;

beforeAll(async () => {
  const settings = loadConfig(z.object(kafkaConfig), {
    KAFKA_BROKERS: testStack().kafkaBrokers.join(','),
    KAFKA_NAMESPACE: `${uniqueName('reader')}.`,
  });
  kafka = createKafka(settings, 'reader-test', silentLogger());
  topic = `${settings.KAFKA_NAMESPACE}read`;
  await withBrokerAdmin(kafka, (admin) =>
    admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true }),
  );
  producer = await connectProducer(kafka);
  const record = (partition: number, n: number) => ({ topic, partition, key: null, value: Buffer.from(`${n}`) });
  await producer.send([record(0, 0), record(0, 1), record(0, 2), record(1, 0)]);
  // Each transaction leaves a marker behind its records; the aborted one leaves nothing else that is read.
  const writer = new TransactionalWriter(kafka, uniqueName('reader'));
  await writer.fence();
  await writer.write([record(0, 3), record(1, 1)]);
  await writer.close();
});
afterAll(() => producer.disconnect());

async function read(options: Partial<TopicReading> = {}): Promise<{ values: string[]; ends: Map<number, bigint> }> {
  const values: string[] = [];
  const ends = await readToEnd({
    kafka,
    topic,
    onRecords: (records, partition) => {
      values.push(...records.map(({ value }) => `${partition}:${value?.toString()}`));
    },
    ...options,
  });
  return { values: values.sort(), ends };
}

describe('reading a topic to its end', () => {
  it('gives every record of every partition and ends behind the markers of transactions', async () => {
    const { values, ends } = await read();
    expect(values).toEqual(['0:0', '0:1', '0:2', '0:3', '1:0', '1:1']);
    const bounds = await withAdmin(kafka, (admin) => admin.bounds(topic));
    expect(ends).toEqual(new Map([...bounds].map(([partition, { high }]) => [partition, high])));
    expect(ends.get(0)).toBe(5n);
  });

  it('begins where it is told, also when only a marker is left to read, or nothing', async () => {
    const from = (offset: bigint) => read({ from: new Map([[0, offset]]), others: 'not at all' });
    expect(await from(2n)).toEqual({ values: ['0:2', '0:3'], ends: new Map([[0, 5n]]) });
    expect((await from(4n)).values).toEqual([]);
    expect((await from(5n)).values).toEqual([]);
    expect((await read({ from: new Map([[0, 'beginning']]), others: 'end' })).values).toHaveLength(4);
  });

  it('ends with the error of whoever takes the records, and gives nothing after it', async () => {
    let calls = 0;
    const reading = read({
      onRecords: () => {
        calls += 1;
        throw new Error('no room');
      },
    });
    await expect(reading).rejects.toThrow('no room');
    expect(calls).toBe(1);
  });

  it('ends when it is aborted', async () => {
    const stop = new AbortController();
    const reading = read({
      signal: stop.signal,
      onRecords: () => {
        stop.abort(new Error('asked to stop'));
      },
    });
    await expect(reading).rejects.toThrow('asked to stop');
    await expect(read({ signal: AbortSignal.abort(new Error('never began')) })).rejects.toThrow('never began');
  });

  it('leaves no group behind', async () => {
    await read();
    expect(await withAdmin(kafka, (admin) => admin.groups(kafka.settings.KAFKA_NAMESPACE))).toEqual([]);
  });
});

describe('following a topic', () => {
  it('goes on after what is there, knows when it has caught up, and ends when told', async () => {
    const values: string[] = [];
    const follower = await followTopic({
      kafka,
      topic,
      onRecords: (records) => {
        values.push(...records.map(({ value }) => String(value)));
        return values.at(-1) !== 'last';
      },
    });
    await follower.caughtUp();
    expect(values).toHaveLength(6);
    await producer.send([{ topic, partition: 1, key: null, value: Buffer.from('last') }]);
    await follower.ended;
    expect(values).toHaveLength(7);
    await follower.stop();
  });
});
