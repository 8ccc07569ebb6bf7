/** The event topic of a running deployment. */

import type { Input } from '../../processors/epoch-roots/core/partition-state.ts';
import { AppError } from '../../runtime/errors.ts';
import { withAdmin } from '../../runtime/kafka/admin.ts';
import type { KafkaClient } from '../../runtime/kafka/client.ts';
import type { RecordCodec } from '../../runtime/kafka/codec.ts';
import { type ReadFrom, readToEnd } from '../../runtime/kafka/topic-reader.ts';
import type { EventLog } from '../core/event-log.ts';

type Decoder = Pick<RecordCodec, 'prepare' | 'decode'>;

export function kafkaEventLog(kafka: KafkaClient, codec: Decoder, topic: string): EventLog {
  return {
    async read(onRecord, partitions) {
      const bounds = await withAdmin(kafka, (admin) => admin.bounds(topic));
      const from = new Map<number, ReadFrom>([...(partitions ?? bounds.keys())].map((one) => [one, 'beginning']));
      await readToEnd({
        kafka,
        topic,
        from,
        others: 'not at all',
        onRecords: async (records, partition) => {
          await codec.prepare(records.map(({ value }) => value));
          for (const { offset, value } of records)
            onRecord({ partition, offset: Number(offset), input: inputOf(codec, value) });
        },
      });
      return { firstOffsets: new Map([...bounds].map(([partition, { low }]) => [partition, Number(low)])) };
    },
  };
}

/** Undefined for what nobody counts. @throws AppError SCHEMA_NEWER: it may be a claim. */
export function inputOf(codec: Pick<Decoder, 'decode'>, value: Buffer | null): Input | undefined {
  try {
    const record = codec.decode(value);
    return record.name === 'StreamEvent' || record.name === 'SlotWatermark' ? record : undefined;
  } catch (error) {
    if (error instanceof AppError && !error.retryable) return undefined;
    throw error;
  }
}
