/** What each of the three topics becomes. */

import type { CountingRules } from '../../../domain/soundness.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { RecordCodec } from '../../../runtime/kafka/codec.ts';
import type { PartitionBatch } from '../../../runtime/kafka/consumer.ts';
import { deadLetter } from '../../../runtime/kafka/dead-letters.ts';
import type { RecordSender } from '../../../runtime/kafka/producer.ts';
import type { KafkaRecord, OutgoingRecord } from '../../../runtime/kafka/records.ts';
import type { TopicNames } from '../../../runtime/kafka/topics.ts';
import type { Pool } from '../../../runtime/postgres/pool.ts';
import { ROLE_NAME } from '../core/role-name.ts';
import { rootRow } from '../core/root-row.ts';
import { settlementRow } from '../core/settlement-row.ts';
import { eventItem, watermarkItem } from '../core/stream-items.ts';
import type { PositionStep } from './advance-position.ts';
import { decodeBatch, unexpectedRecord } from './decode-batch.ts';
import type { OutsideRoots } from './mark-outside-roots.ts';
import type { SinkMetrics } from './metrics.ts';
import { writeRootBatch } from './write-root-batch.ts';
import { writeSettlementBatch } from './write-settlement-batch.ts';
import { writeStreamBatch } from './write-stream-batch.ts';

/** A decoded batch, ready to be written; `run` may be called again after a failure. */
export interface PreparedWrite {
  readonly deadLetters: readonly OutgoingRecord[];
  run(step: PositionStep): Promise<void>;
}

export interface TopicWriter {
  prepare(batch: PartitionBatch, messages: readonly KafkaRecord[], codec: RecordCodec): Promise<PreparedWrite>;
}

export interface TopicWriterOptions {
  readonly names: TopicNames;
  readonly pool: Pool;
  readonly producer: RecordSender;
  readonly rules: CountingRules;
  readonly metrics: SinkMetrics;
}

/** A writer for each topic of the sink, by topic name. */
export function topicWriters(options: TopicWriterOptions): Map<string, TopicWriter> {
  const { names } = options;
  return new Map([
    [names.streamEvents, streamWriter(options)],
    [names.roots, rootWriter(options)],
    [names.settlements, settlementWriter(options)],
  ]);
}

function streamWriter({ names, pool, rules, metrics }: TopicWriterOptions): TopicWriter {
  return {
    async prepare(batch, messages, codec) {
      const decoded = await decodeBatch(batch, messages, codec, names.deadLetters, (record, offset, writtenAtMs) => {
        if (record.name === 'StreamEvent') return eventItem(record.value, offset, rules);
        if (record.name === 'SlotWatermark') return watermarkItem(record.value, offset, writtenAtMs);
        throw unexpectedRecord(record, batch.topic);
      });
      return {
        deadLetters: decoded.deadLetters,
        async run(step) {
          const written = await writeStreamBatch(pool, step, decoded.items, rules.schedule);
          metrics.rows.inc({ table: 'claims' }, written.claims);
          metrics.rows.inc({ table: 'published_roots' }, written.publications);
          countOutside(metrics, written);
        },
      };
    },
  };
}

function rootWriter({ names, pool, producer, metrics }: TopicWriterOptions): TopicWriter {
  return {
    async prepare(batch, messages, codec) {
      const decoded = await decodeBatch(batch, messages, codec, names.deadLetters, (record, offset) => {
        if (record.name === 'RootFinalized') return rootRow(record.value, offset);
        throw unexpectedRecord(record, batch.topic);
      });
      const onConflict = async (offsets: readonly number[]): Promise<void> => {
        const letters = messages
          .filter(({ offset }) => offsets.includes(Number(offset)))
          .map((message) => {
            const origin = { topic: batch.topic, partition: batch.partition, offset: message.offset };
            return deadLetter(names.deadLetters, origin, message, ROOT_CONFLICT, ROLE_NAME);
          });
        await producer.send(letters);
        metrics.records.inc({ topic: batch.topic, outcome: 'dead_letter' }, letters.length);
      };
      return {
        deadLetters: decoded.deadLetters,
        async run(step) {
          const written = await writeRootBatch(pool, step, names.streamEvents, decoded.items, onConflict);
          metrics.rows.inc({ table: 'roots' }, decoded.items.length);
          countOutside(metrics, written);
        },
      };
    },
  };
}

function settlementWriter({ names, pool, metrics }: TopicWriterOptions): TopicWriter {
  return {
    async prepare(batch, messages, codec) {
      const decoded = await decodeBatch(batch, messages, codec, names.deadLetters, (record, offset) => {
        if (record.name !== 'SettlementRecord') throw unexpectedRecord(record, batch.topic);
        return { row: settlementRow(record.value, offset), rootPartition: record.value.rootPartition };
      });
      const rows = decoded.items.map(({ row }) => row);
      const rootPartitions = decoded.items.map(({ rootPartition }) => rootPartition);
      return {
        deadLetters: decoded.deadLetters,
        async run(step) {
          await writeSettlementBatch(pool, step, names.roots, rootPartitions, rows);
          metrics.rows.inc({ table: 'settlement_log' }, rows.length);
        },
      };
    },
  };
}

const ROOT_CONFLICT = new AppError(
  'ROOT_CONFLICT',
  'Another root is stored for this channel and epoch already. Roots never change: find out which deployment wrote the second one.',
);

function countOutside(metrics: SinkMetrics, { late, unproven }: OutsideRoots): void {
  if (late > 0) metrics.outside.inc({ status: 'late' }, late);
  if (unproven > 0) metrics.outside.inc({ status: 'unproven' }, unproven);
}
