/** Reading back what a listener wrote: its cursor, and its own records since the cursor's offsets. */

import { mayPass } from '../../../../runtime/errors.ts';
import { withAdmin } from '../../../../runtime/kafka/admin.ts';
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

/** Records at the end of the topic that are read first. */
const TAIL_RECORDS = 1000n;

/**
 * The newest cursor of this listener; undefined where it never wrote one. Read from the end, in a longer and longer tail:
 * a listener that ran lately finds its own at once, however many cursors stand there.
 */
export async function readCursor(options: ReadBack): Promise<Cursor | undefined> {
  const bounds = await withAdmin(options.kafka, (admin) => admin.bounds(options.topics.cursors));
  for (let tail = TAIL_RECORDS; ; tail *= 16n) {
    const from = new Map(
      [...bounds].map(([partition, { low, high }]) => [partition, high - tail > low ? high - tail : low]),
    );
    const newest = await newestSince(options, from);
    const isWhole = [...bounds].every(([partition, { low }]) => from.get(partition) === low);
    if (newest !== undefined || isWhole) return newest;
  }
}

async function newestSince(options: ReadBack, from: ReadonlyMap<number, bigint>): Promise<Cursor | undefined> {
  let newest: Cursor | undefined;
  await readToEnd({
    ...options,
    topic: options.topics.cursors,
    from,
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
