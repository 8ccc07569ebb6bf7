/** The event topic of a running deployment. */

import type { Input } from '../../processors/epoch-roots/core/partition-state.ts';
import { AppError } from '../../runtime/errors.ts';
import { type PartitionBounds, withAdmin } from '../../runtime/kafka/admin.ts';
import type { KafkaClient } from '../../runtime/kafka/client.ts';
import type { RecordCodec } from '../../runtime/kafka/codec.ts';
import { type ReadFrom, readToEnd } from '../../runtime/kafka/topic-reader.ts';
import type { EventLog } from '../core/event-log.ts';

type Decoder = Pick<RecordCodec, 'prepare' | 'decode'>;

/** Records read, and offsets that there were at the start: markers of transactions count among them. */
export interface ReadProgress {
  readonly read: number;
  readonly total: number;
}

export function kafkaEventLog(
  kafka: KafkaClient,
  codec: Decoder,
  topic: string,
  onProgress?: (progress: ReadProgress) => void,
): EventLog {
  return {
    async read(onRecord, partitions) {
      const bounds = await withAdmin(kafka, (admin) => admin.bounds(topic));
      const from = new Map<number, ReadFrom>([...(partitions ?? bounds.keys())].map((one) => [one, 'beginning']));
      const total = [...from.keys()].reduce((sum, one) => sum + lengthOf(bounds.get(one)), 0);
      let read = 0;
      await readToEnd({
        kafka,
        topic,
        from,
        others: 'not at all',
        onRecords: async (records, partition) => {
          await codec.prepare(records.map(({ value }) => value));
          for (const { offset, value } of records)
            onRecord({ partition, offset: Number(offset), input: inputOf(codec, value) });
          read += records.length;
          onProgress?.({ read, total });
        },
      });
      return { firstOffsets: new Map([...bounds].map(([partition, { low }]) => [partition, Number(low)])) };
    },
  };
}

function lengthOf(bounds: PartitionBounds | undefined): number {
  return bounds === undefined ? 0 : Number(bounds.high - bounds.low);
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
