/** Every record that stands in some partitions of a topic now, decoded. */

import { mayPass } from '../../../runtime/errors.ts';
import type { KafkaClient } from '../../../runtime/kafka/client.ts';
import type { Decoded, RecordCodec } from '../../../runtime/kafka/codec.ts';
import { readToEnd } from '../../../runtime/kafka/topic-reader.ts';

export interface PartitionsReading {
  readonly kafka: KafkaClient;
  readonly codec: RecordCodec;
  readonly topic: string;
  readonly partitions: readonly number[];
  readonly signal: AbortSignal;
  /** Told of a record that can never be read; it is left where it is. */
  onUnreadable?(partition: number, offset: bigint, error: unknown): void;
}

/**
 * Gives every record, in the order of its partition.
 * @returns the offset after the last record, by partition. @throws what Kafka's client throws, and what may pass: nothing is left out.
 */
export function readPartitions(
  { kafka, codec, topic, signal, partitions, onUnreadable }: PartitionsReading,
  onRecord: (record: Decoded, partition: number, offset: bigint) => void,
): Promise<Map<number, bigint>> {
  return readToEnd({
    kafka,
    topic,
    from: new Map(partitions.map((partition) => [partition, 'beginning'])),
    others: 'not at all',
    signal,
    onRecords: async (records, partition) => {
      await codec.prepare(records.map(({ value }) => value));
      for (const record of records) {
        const offset = BigInt(record.offset);
        try {
          onRecord(codec.decode(record.value), partition, offset);
        } catch (error) {
          if (mayPass(error)) throw error;
          onUnreadable?.(partition, offset, error);
        }
      }
    },
  });
}
