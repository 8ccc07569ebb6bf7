/** What the processor asks Kafka about its topics before it goes on. */

import type { EpochSchedule } from '../../../domain/epoch-schedule.ts';
import { AppError } from '../../../runtime/errors.ts';
import { withAdmin } from '../../../runtime/kafka/admin.ts';
import type { KafkaClient } from '../../../runtime/kafka/client.ts';
import type { RecordCodec } from '../../../runtime/kafka/codec.ts';
import { describeTopics } from '../../../runtime/kafka/describe-topics.ts';
import { readToEnd } from '../../../runtime/kafka/topic-reader.ts';
import type { RootFinalized } from '../../../schemas/records.ts';
import type { FoundPartition } from '../core/restore-fault.ts';
import { StandingRoots } from '../core/standing-roots.ts';

/** @throws whatever the brokers answer; an AppError PARTITION_NOT_READY (retryable) when they do not know the partition. */
export async function findPartition(kafka: KafkaClient, topic: string, partition: number): Promise<FoundPartition> {
  // The id first: bounds of a topic that is made anew in between are then held against the former one's id.
  const topicId = (await describeTopics(kafka, [topic])).get(topic)?.id;
  const bounds = (await withAdmin(kafka, (admin) => admin.bounds(topic))).get(partition);
  if (bounds === undefined)
    throw new AppError('PARTITION_NOT_READY', `Kafka does not tell the bounds of ${topic}/${partition}.`, {
      retryable: true,
    });
  return { topic, partition, topicId, low: Number(bounds.low), high: Number(bounds.high) };
}

/** Reads the roots topic to its end. Records there that are none of this platform's are nobody's roots. */
export async function readStandingRoots(
  kafka: KafkaClient,
  codec: Pick<RecordCodec, 'prepare' | 'decode'>,
  rootsTopic: string,
  partition: number,
  schedule: EpochSchedule,
  signal: AbortSignal,
): Promise<StandingRoots> {
  const roots: RootFinalized[] = [];
  await readToEnd({
    kafka,
    topic: rootsTopic,
    signal,
    onRecords: async (records) => {
      await codec.prepare(records.map(({ value }) => value));
      for (const { value } of records) roots.push(...rootIn(codec, value));
    },
  });
  return new StandingRoots(roots, partition, schedule);
}

function rootIn(codec: Pick<RecordCodec, 'decode'>, value: Buffer | null): RootFinalized[] {
  try {
    const record = codec.decode(value);
    return record.name === 'RootFinalized' ? [record.value] : [];
  } catch (error) {
    if (error instanceof AppError && !error.retryable) return [];
    throw error;
  }
}
