/** Reading a topic from where to where, without joining a lasting group. */

import { randomUUID } from 'node:crypto';
import type { KafkaMessage } from 'kafkajs';
import type { KafkaSession } from './session.ts';

export interface TopicRecord {
  readonly topic: string;
  readonly partition: number;
  readonly message: KafkaMessage;
}

export interface ReadOptions {
  readonly topic: string;
  readonly fromBeginning: boolean;
  /** True: go on after what is there now. */
  readonly follow: boolean;
  readonly signal?: AbortSignal;
  /** Return false to stop. */
  onRecord(record: TopicRecord): boolean | Promise<boolean>;
}

/** Reads committed records of all partitions; ends at the offsets that were the end when it began, unless it follows. */
export async function readTopic({ kafka, admin, settings }: KafkaSession, options: ReadOptions): Promise<void> {
  const groupId = `${settings.KAFKA_NAMESPACE}ao-cli-${randomUUID()}`;
  const ends = await admin.fetchTopicOffsets(options.topic);
  const open = new Map(
    ends.filter(({ high, low }) => BigInt(high) > BigInt(low)).map(({ partition, high }) => [partition, BigInt(high)]),
  );
  if (!options.follow && (open.size === 0 || !options.fromBeginning)) return;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, readUncommitted: false });
  const done = Promise.withResolvers<void>();
  options.signal?.addEventListener('abort', () => done.resolve());
  consumer.on(consumer.events.CRASH, ({ payload }) => done.reject(payload.error));
  // Transaction markers stand at the end of a partition and reach no callback; the fetch position tells that they were passed.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    const end = open.get(payload.partition);
    if (options.follow || end === undefined || BigInt(payload.lastOffset) + 1n < end) return;
    open.delete(payload.partition);
    if (open.size === 0) done.resolve();
  });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [options.topic], fromBeginning: options.fromBeginning });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const message of batch.messages) {
          if (!(await options.onRecord({ topic: batch.topic, partition: batch.partition, message }))) {
            done.resolve();
            return;
          }
        }
      },
    });
    await done.promise;
  } finally {
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => undefined);
  }
}
