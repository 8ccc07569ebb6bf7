import { describe, expect, it } from '@jest/globals';
import type { ProducerBatch, RecordMetadata } from 'kafkajs';
import { sendAll } from './producer.ts';
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
