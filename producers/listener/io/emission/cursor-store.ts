/** Reading back what a listener wrote: its cursor, and its own records since the cursor's offsets. */

import { mayPass } from '../../../../runtime/errors.ts';
import type { KafkaClient } from '../../../../runtime/kafka/client.ts';
import type { Decoded, RecordCodec } from '../../../../runtime/kafka/codec.ts';
import type { KafkaRecord } from '../../../../runtime/kafka/records.ts';
import { readToEnd } from '../../../../runtime/kafka/topic-reader.ts';
import type { TopicNames } from '../../../../runtime/kafka/topics.ts';
import type { Cursor } from '../../../../schemas/records.ts';
import type { OwnRecord } from '../../core/ports.ts';

export interface ReadBack {
  readonly kafka: KafkaClient;
  readonly codec: RecordCodec;
  readonly topics: TopicNames;
  readonly listenerId: string;
  readonly signal: AbortSignal;
}

/** The newest cursor of this listener; undefined where it never wrote one. */
export async function readCursor(options: ReadBack): Promise<Cursor | undefined> {
  let newest: Cursor | undefined;
  await readToEnd({
    ...options,
    topic: options.topics.cursors,
    onRecords: async (records) => {
      const own = records.filter(({ key }) => key?.toString() === options.listenerId);
      for (const { decoded } of await decodeAll(options.codec, own)) {
        if (decoded.name === 'Cursor') newest = decoded.value;
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
    from: new Map(cursor.resumeOffsets.map(({ partition, offset }) => [partition, BigInt(offset)])),
    onRecords: async (records, partition) => {
      for (const { offset, decoded } of await decodeAll(options.codec, records)) {
        if (decoded.name === 'StreamEvent' && decoded.value.source === options.listenerId) {
          own.push({ partition, offset, content: { kind: 'event', event: decoded.value } });
        } else if (decoded.name === 'SlotWatermark' && decoded.value.source === options.listenerId) {
          own.push({ partition, offset, content: { kind: 'watermark', watermark: decoded.value } });
        }
      }
    },
  });
  return own;
}

interface DecodedRecord {
  readonly offset: number;
  readonly decoded: Decoded;
}

async function decodeAll(codec: RecordCodec, records: readonly KafkaRecord[]): Promise<DecodedRecord[]> {
  await codec.prepare(records.map(({ value }) => value));
  const all: DecodedRecord[] = [];
  for (const { offset, value } of records) {
    try {
      all.push({ offset: Number(offset), decoded: codec.decode(value) });
    } catch (error) {
      // What does not decode was not written by this listener; what cannot be told yet may have been.
      if (mayPass(error)) throw error;
    }
  }
  return all;
}
