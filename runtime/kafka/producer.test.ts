import { describe, expect, it } from '@jest/globals';
import type { Kafka, ProducerBatch, RecordMetadata } from 'kafkajs';
import { z } from 'zod';
import { kafkaConfig, loadConfig } from '../config.ts';
import { silentLogger } from '../logging.ts';
import { putBehind } from './library.ts';
import { sendAll, TransactionalWriter } from './producer.ts';
import type { OutgoingRecord } from './records.ts';

/** A producer of one topic and partition that only counts. */
function countingProducer(): { requests: string[][]; sendBatch(batch: ProducerBatch): Promise<RecordMetadata[]> } {
  const requests: string[][] = [];
  return {
    requests,
    sendBatch({ topicMessages = [] }) {
      const baseOffset = String(requests.flat().length);
      requests.push(topicMessages.flatMap(({ messages }) => messages.map(({ key }) => String(key))));
      return Promise.resolve([{ topicName: 'roots', partition: 0, errorCode: 0, baseOffset }]);
    },
  };
}

const records = (count: number, bytes: number): OutgoingRecord[] =>
  Array.from({ length: count }, (_, i) => ({ topic: 'roots', key: String(i), value: Buffer.alloc(bytes) }));

describe('writing many records', () => {
  it('splits what a broker would refuse in one request, in order, and says where it all begins', async () => {
    const producer = countingProducer();
    const written = await sendAll(producer, records(100, 50_000));
    expect(producer.requests.length).toBeGreaterThanOrEqual(9);
    expect(producer.requests.flat()).toEqual(Array.from({ length: 100 }, (_, i) => String(i)));
    expect(written).toEqual([{ topicName: 'roots', partition: 0, errorCode: 0, baseOffset: '0' }]);
  });

  it('sends a record that is too large by itself alone, and nothing for nothing', async () => {
    const producer = countingProducer();
    await sendAll(producer, records(2, 900_000));
    expect(producer.requests).toEqual([['0'], ['1']]);
    expect(await sendAll(producer, [])).toEqual([]);
    expect(producer.requests).toHaveLength(2);
  });
});

/** A library whose transactions note what is asked of them, and fail where they are told to. */
async function notingWriter(
  fail: (step: string, times: number) => Error | undefined = () => undefined,
): Promise<{ writer: TransactionalWriter; steps: string[] }> {
  const steps: string[] = [];
  const step = <T>(name: string, answer: T): Promise<T> => {
    steps.push(name);
    const error = fail(name, steps.filter((one) => one === name).length);
    return error === undefined ? Promise.resolve(answer) : Promise.reject(error);
  };
  const transaction = {
    sendBatch: () => step('records', [{ topicName: 'roots', partition: 0, errorCode: 0, baseOffset: '41' }]),
    sendOffsets: ({ topics: [topic] }: { topics: { partitions: { offset: string }[] }[] }) =>
      step(`offset ${topic?.partitions[0]?.offset}`, undefined),
    commit: () => step('commit', undefined),
    abort: () => step('abort', undefined),
  };
  const producer = {
    connect: () => step('connect', undefined),
    disconnect: () => step('disconnect', undefined),
    transaction: () => Promise.resolve(transaction),
  };
  const settings = loadConfig(z.object(kafkaConfig), { KAFKA_BROKERS: 'x:1', SCHEMA_REGISTRY_URL: 'http://x' });
  const library = { producer: () => producer } as unknown as Kafka;
  const client = putBehind({ settings, clientId: 'c', log: silentLogger() }, library);
  const writer = new TransactionalWriter(client, 'id');
  await writer.fence();
  steps.length = 0;
  return { writer, steps };
}

const OFFSETS = [{ topic: 'events', partition: 0, offset: 7n, metadata: null }];

describe('a transaction', () => {
  it('writes the records, then the offsets, then commits', async () => {
    const { writer, steps } = await notingWriter();
    const written = await writer.write(records(1, 10), { id: 'group', offsets: OFFSETS });
    expect(steps).toEqual(['records', 'offset 7', 'commit']);
    expect(written).toMatchObject([{ baseOffset: '41' }]);
  });

  it('asks for offsets that follow from where the records begin once it is known', async () => {
    const { writer, steps } = await notingWriter();
    await writer.write(records(1, 10), {
      id: 'group',
      offsets: ([begin]) => OFFSETS.map((offset) => ({ ...offset, offset: BigInt(begin?.baseOffset ?? 0) })),
    });
    expect(steps).toEqual(['records', 'offset 41', 'commit']);
  });

  it('asks again for offsets that a coordinator refuses for the moment, and commits once', async () => {
    const moving = Object.assign(new Error('coordinator not available'), { retriable: true });
    const { writer, steps } = await notingWriter((name, times) =>
      name === 'offset 7' && times === 1 ? moving : undefined,
    );
    await writer.write(records(1, 10), { id: 'group', offsets: OFFSETS });
    expect(steps).toEqual(['records', 'offset 7', 'offset 7', 'commit']);
  });

  it.each<[string, string, Error, string[]]>([
    ['records are refused', 'records', new Error('too large'), ['records', 'abort']],
    ['offsets are refused for good', 'offset 7', new Error('unknown member'), ['records', 'offset 7', 'abort']],
    ['the commit fails', 'commit', new Error('timeout'), ['records', 'offset 7', 'commit', 'abort']],
  ])('is aborted and the id given up when %s: it must be fenced again', async (_, failing, error, asked) => {
    const { writer, steps } = await notingWriter((name) => (name === failing ? error : undefined));
    await expect(writer.write(records(1, 10), { id: 'group', offsets: OFFSETS })).rejects.toMatchObject({
      code: 'TRANSACTION_FAILED',
      retryable: true,
    });
    expect(steps).toEqual([...asked, 'disconnect']);
    await expect(writer.write(records(1, 10))).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' });
    expect(steps).toHaveLength(asked.length + 1);
  });

  it('tells of another owner of the id by a code of its own, which is not tried again', async () => {
    const fenced = Object.assign(new Error('fenced'), { type: 'PRODUCER_FENCED' });
    const { writer } = await notingWriter((name) => (name === 'records' ? fenced : undefined));
    await expect(writer.write(records(1, 10))).rejects.toMatchObject({ code: 'PRODUCER_FENCED', retryable: false });
  });
});
