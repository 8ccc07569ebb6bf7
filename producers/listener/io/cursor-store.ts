/** Reading back what a listener wrote: its cursor, and its own records since the cursor's offsets. */

import type { Kafka } from 'kafkajs';
import { AppError } from '../../../runtime/errors.ts';
import type { RecordCodec } from '../../../runtime/kafka/codec.ts';
import type { TopicNames } from '../../../runtime/kafka/topics.ts';
import type { Cursor } from '../../../schemas/records.ts';
import type { OwnRecord } from '../core/ports.ts';
import { readToEnd, type TopicRecord } from './topic-reader.ts';

export interface ReadBack {
  readonly kafka: Kafka;
  readonly codec: RecordCodec;
  readonly topics: TopicNames;
  readonly listenerId: string;
  readonly groupPrefix: string;
  readonly signal: AbortSignal;
}

/** The newest cursor of this listener; undefined where it never wrote one. */
export async function readCursor(options: ReadBack): Promise<Cursor | undefined> {
  let newest: Cursor | undefined;
  await readToEnd({
    ...options,
    topic: options.topics.cursors,
    from: new Map(),
    onRecords: async (records) => {
      const own = records.filter(({ message }) => message.key?.toString() === options.listenerId);
      for (const decoded of await decodeAll(options.codec, own)) {
        if (decoded.value.name === 'Cursor') newest = decoded.value.value;
      }
    },
  });
  return newest;
}

/** This listener's own events and watermarks at and after the cursor's resume offsets, in offset order per partition. */
export async function readOwnRecords(options: ReadBack, cursor: Cursor): Promise<OwnRecord[]> {
  const own: OwnRecord[] = [];
  await readToEnd({
    ...options,
    topic: options.topics.streamEvents,
    from: new Map(cursor.resumeOffsets.map(({ partition, offset }) => [partition, offset])),
    onRecords: async (records) => {
      for (const { partition, offset, value } of await decodeAll(options.codec, records)) {
        if (value.name === 'StreamEvent' && value.value.source === options.listenerId) {
          own.push({ partition, offset, content: { kind: 'event', event: value.value } });
        } else if (value.name === 'SlotWatermark' && value.value.source === options.listenerId) {
          own.push({ partition, offset, content: { kind: 'watermark', watermark: value.value } });
        }
      }
    },
  });
  return own;
}

interface DecodedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly value: ReturnType<RecordCodec['decode']>;
}

async function decodeAll(codec: RecordCodec, records: readonly TopicRecord[]): Promise<DecodedRecord[]> {
  await codec.prepare(records.map(({ message }) => message.value));
  const decoded: DecodedRecord[] = [];
  for (const { partition, offset, message } of records) {
    try {
      decoded.push({ partition, offset, value: codec.decode(message.value) });
    } catch (error) {
      // What does not decode was not written by this listener.
      if (!(error instanceof AppError)) throw error;
    }
  }
  return decoded;
}
