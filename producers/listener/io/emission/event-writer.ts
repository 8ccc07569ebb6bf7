/** The one producer of a listener: everything it writes goes through one transactional id. */

import type { RecordCodec } from '../../../../runtime/kafka/codec.ts';
import { deadLetter } from '../../../../runtime/kafka/dead-letters.ts';
import type { TransactionalWriter } from '../../../../runtime/kafka/producer.ts';
import type { OutgoingRecord } from '../../../../runtime/kafka/records.ts';
import type { TopicNames } from '../../../../runtime/kafka/topics.ts';
import { SendSpans } from '../../../../runtime/tracing/record-spans.ts';
import { eventKey } from '../../core/emission/stream-events.ts';
import type { BaseOffsets, DeadLetter, EventLog, LogRecord } from '../../core/ports.ts';
import { eventSubject } from './event-subject.ts';

export interface EventWriterOptions {
  readonly writer: TransactionalWriter;
  readonly codec: RecordCodec;
  readonly topics: TopicNames;
  /** Partitions of the event topic. */
  readonly partitions: number;
  readonly programId: string;
  /** Milliseconds since the Unix epoch, for dead letters. */
  readonly wallMs: () => number;
}

export class EventWriter implements EventLog {
  readonly #options: EventWriterOptions;

  constructor(options: EventWriterOptions) {
    this.#options = options;
  }

  async commit(records: readonly LogRecord[]): Promise<BaseOffsets> {
    const { writer, topics } = this.#options;
    const spans = new SendSpans();
    const encoded = records.flatMap((record) => this.#encode(record, spans));
    const written = await writer.write(encoded).catch((error: unknown) => {
      spans.failed(error);
      throw error;
    });
    spans.sent();
    const offsets = new Map<number, number>();
    for (const { topicName, partition, baseOffset } of written) {
      if (topicName === topics.streamEvents && baseOffset !== undefined) offsets.set(partition, Number(baseOffset));
    }
    return offsets;
  }

  #encode(record: LogRecord, spans: SendSpans): OutgoingRecord[] {
    const { codec, topics, partitions, programId, wallMs } = this.#options;
    switch (record.kind) {
      case 'event': {
        const { event } = record;
        const value = codec.encode('StreamEvent', event);
        const outgoing = { topic: topics.streamEvents, key: eventKey(event, programId), value };
        return [spans.add(outgoing, () => eventSubject(event, wallMs()))];
      }
      case 'watermark': {
        const value = codec.encode('SlotWatermark', record.watermark);
        const key = record.watermark.source;
        return Array.from({ length: partitions }, (_, partition) => ({
          topic: topics.streamEvents,
          key,
          value,
          partition,
        }));
      }
      case 'cursor':
        return [{ topic: topics.cursors, key: record.cursor.listener, value: codec.encode('Cursor', record.cursor) }];
      case 'deadLetter':
        return [this.#deadLetter(record.letter)];
    }
  }

  /** The origin is the chain: topic `solana`, the slot as offset. */
  #deadLetter({ signature, slot, raw, error }: DeadLetter): OutgoingRecord {
    const { topics, wallMs } = this.#options;
    const origin = { topic: 'solana', partition: 0, offset: String(slot) };
    const record = { key: Buffer.from(signature), value: Buffer.from(raw), timestamp: String(wallMs()) };
    return deadLetter(topics.deadLetters, origin, record, error, 'listener');
  }
}
