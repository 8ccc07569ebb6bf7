/** Kafka records to values, and what cannot be taken in to dead letters. */

import { AppError } from '../../../runtime/errors.ts';
import type { Decoded, RecordCodec } from '../../../runtime/kafka/codec.ts';
import type { PartitionBatch } from '../../../runtime/kafka/consumer.ts';
import { deadLetter } from '../../../runtime/kafka/dead-letters.ts';
import type { KafkaRecord, OutgoingRecord } from '../../../runtime/kafka/records.ts';
import { ROLE_NAME } from '../core/role-name.ts';

export interface DecodedBatch<Item> {
  readonly items: readonly Item[];
  readonly deadLetters: readonly OutgoingRecord[];
}

/**
 * @param messages Those of the batch that are new.
 * @param toItem What a record means to the sink; undefined for nothing. Throws a non-retryable AppError for a dead letter.
 * @throws AppError REGISTRY_UNAVAILABLE (retryable)
 */
export async function decodeBatch<Item>(
  batch: Pick<PartitionBatch, 'topic' | 'partition'>,
  messages: readonly KafkaRecord[],
  codec: RecordCodec,
  deadLetterTopic: string,
  toItem: (record: Decoded, offset: number, writtenAtMs: number) => Item | undefined,
): Promise<DecodedBatch<Item>> {
  await codec.prepare(messages.map(({ value }) => value));
  const items: Item[] = [];
  const deadLetters: OutgoingRecord[] = [];
  for (const message of messages) {
    try {
      const item = toItem(codec.decode(message.value), Number(message.offset), Number(message.timestamp));
      if (item !== undefined) items.push(item);
    } catch (error) {
      if (!(error instanceof AppError) || error.retryable) throw error;
      const { topic, partition } = batch;
      const origin = { topic, partition, offset: message.offset };
      deadLetters.push(deadLetter(deadLetterTopic, origin, message, error, ROLE_NAME));
    }
  }
  return { items, deadLetters };
}

/** The error of a record that stands on a topic where it does not belong. */
export function unexpectedRecord(record: Decoded, topic: string): AppError {
  return new AppError('RECORD_UNEXPECTED', `A ${record.name} does not belong on ${topic}.`);
}
