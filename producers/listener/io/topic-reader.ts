/** Reading a stretch of a topic once, to its end as of now, committed records only, without joining anybody's group. */

import { randomUUID } from 'node:crypto';
import type { EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';

export interface TopicRecord {
  readonly partition: number;
  readonly offset: number;
  readonly message: KafkaMessage;
}

export interface ReadOptions {
  readonly kafka: Kafka;
  readonly topic: string;
  /** Prefix of the short-lived group that kafkajs needs. */
  readonly groupPrefix: string;
  /** Partition to first offset; a partition that is missing is read from its beginning. */
  readonly from: ReadonlyMap<number, number>;
  readonly signal: AbortSignal;
  /** Called batch by batch, in offset order within a partition. A thrown error ends the reading. */
  onRecords(records: readonly TopicRecord[]): Promise<void> | void;
}

/** First and next offset of each partition. */
export async function offsetsOf(kafka: Kafka, topic: string): Promise<Map<number, { low: number; high: number }>> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    return new Map(offsets.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]));
  } finally {
    await admin.disconnect();
  }
}

export async function readToEnd(options: ReadOptions): Promise<void> {
  const { kafka, topic, from, signal } = options;
  const ends = new Map<number, number>();
  const positions = new Map<number, number>();
  for (const [partition, { low, high }] of await offsetsOf(kafka, topic)) {
    const start = Math.min(high, Math.max(low, from.get(partition) ?? low));
    if (start < high) {
      positions.set(partition, start);
      ends.set(partition, high);
    }
  }
  if (ends.size === 0) return;
  const groupId = `${options.groupPrefix}-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, readUncommitted: false });
  const done = Promise.withResolvers<void>();
  const onAbort = (): void => done.reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  // Each join, also one after a hiccup, goes on where the reading stands; seeking before a join is an error.
  consumer.on(consumer.events.GROUP_JOIN, () => {
    for (const [partition, offset] of positions) consumer.seek({ topic, partition, offset: String(offset) });
  });
  // Also told of batches that hold nothing but transaction markers, which never reach eachBatch.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    const end = ends.get(payload.partition);
    if (end !== undefined && Number(payload.lastOffset) + 1 >= end) ends.delete(payload.partition);
    if (ends.size === 0) done.resolve();
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) done.reject(payload.error);
  });
  // It may be rejected before it is awaited.
  done.promise.catch(() => undefined);
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }: EachBatchPayload) => {
        if (!ends.has(batch.partition)) return;
        const position = positions.get(batch.partition) ?? 0;
        const records = batch.messages
          .map((message) => ({ partition: batch.partition, offset: Number(message.offset), message }))
          .filter(({ offset }) => offset >= position);
        try {
          await options.onRecords(records);
          positions.set(batch.partition, Number(batch.lastOffset()) + 1);
        } catch (error) {
          done.reject(error);
        }
      },
    });
    await done.promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await consumer.disconnect();
    await deleteGroup(kafka, groupId);
  }
}

async function deleteGroup(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.deleteGroups([groupId]);
  } catch {
    // An empty group expires by itself.
  } finally {
    await admin.disconnect();
  }
}
