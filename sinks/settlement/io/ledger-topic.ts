/** ao.settlements.v1 as the worker's write-ahead ledger: appends that are acknowledged, and reading a partition to its end. */

import { mayPass } from '../../../runtime/errors.ts';
import type { KafkaClient } from '../../../runtime/kafka/client.ts';
import type { RecordCodec } from '../../../runtime/kafka/codec.ts';
import type { RecordSender } from '../../../runtime/kafka/producer.ts';
import { readToEnd } from '../../../runtime/kafka/topic-reader.ts';
import { retry } from '../../../runtime/retry.ts';
import type { SettlementRecord } from '../../../schemas/records.ts';
import type { LedgerRow } from '../core/ledger-history.ts';
import type { Ledger } from '../core/ports.ts';

export interface LedgerTopicOptions {
  readonly kafka: KafkaClient;
  readonly producer: RecordSender;
  readonly codec: RecordCodec;
  readonly topic: string;
  readonly signal: AbortSignal;
  onAppendFailure(error: unknown, attempt: number, delayMs: number): void;
  /** A record that cannot be read is no row of ours; it is told and left where it is. */
  onUnreadable(partition: number, offset: bigint, error: unknown): void;
}

export class LedgerTopic implements Ledger {
  readonly #options: LedgerTopicOptions;
  /** Lower bound of the next row's offset, for answers without one. */
  readonly #lowerBounds = new Map<number, bigint>();

  constructor(options: LedgerTopicOptions) {
    this.#options = options;
  }

  /** Tries until the broker has the rows. @throws the abort reason when the role stops. */
  async append(partition: number, rows: readonly SettlementRecord[]): Promise<bigint[]> {
    const { producer, codec, topic, signal, onAppendFailure } = this.#options;
    const records = rows.map((row) => {
      return { topic, key: row.channel, value: codec.encode('SettlementRecord', row), partition };
    });
    const [written] = await retry(() => producer.send(records), { signal, onFailure: onAppendFailure });
    const base = BigInt(written?.baseOffset ?? '-1');
    const first = base >= 0n ? base : (this.#lowerBounds.get(partition) ?? 0n);
    this.#lowerBounds.set(partition, first);
    return rows.map((_, index) => first + (base >= 0n ? BigInt(index) : 0n));
  }

  /**
   * Reads partitions from their beginning to the end they have now.
   * @returns the offset after the last row, by partition. @throws what Kafka's client throws.
   */
  async read(
    partitions: readonly number[],
    onRow: (row: LedgerRow, partition: number) => void,
  ): Promise<Map<number, bigint>> {
    const ends = await readLedger({ ...this.#options, partitions }, onRow);
    for (const [partition, end] of ends) this.#lowerBounds.set(partition, end);
    return ends;
  }
}

export interface LedgerReading
  extends Pick<LedgerTopicOptions, 'kafka' | 'codec' | 'topic' | 'signal'>,
    Partial<Pick<LedgerTopicOptions, 'onUnreadable'>> {
  readonly partitions: readonly number[];
}

/** Gives every row of some partitions, in order. @returns the offset after the last row, by partition. */
export function readLedger(
  { kafka, codec, topic, signal, partitions, onUnreadable }: LedgerReading,
  onRow: (row: LedgerRow, partition: number) => void,
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
          const { name, value } = codec.decode(record.value);
          if (name === 'SettlementRecord') onRow({ offset, record: value }, partition);
        } catch (error) {
          if (mayPass(error)) throw error;
          onUnreadable?.(partition, offset, error);
        }
      }
    },
  });
}
