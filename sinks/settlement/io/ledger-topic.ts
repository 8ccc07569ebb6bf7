/** ao.settlements.v1 as the worker's write-ahead ledger: appends that are acknowledged, and reading a partition to its end. */

import { mayPass } from '../../../runtime/errors.ts';
import type { KafkaClient } from '../../../runtime/kafka/client.ts';
import type { RecordCodec } from '../../../runtime/kafka/codec.ts';
import type { RecordSender } from '../../../runtime/kafka/producer.ts';
import type { KafkaRecord } from '../../../runtime/kafka/records.ts';
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

/** Rows of a partition from some offset, and the offset after the last of them. */
export interface LedgerSlice {
  readonly rows: readonly LedgerRow[];
  readonly nextOffset: bigint;
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

  /** Reads partitions from the given offsets to the end they have now. @throws what Kafka's client throws. */
  async read(from: ReadonlyMap<number, bigint>): Promise<Map<number, LedgerSlice>> {
    const { kafka, topic, signal } = this.#options;
    const rows = new Map<number, LedgerRow[]>([...from.keys()].map((partition) => [partition, []]));
    const ends = await readToEnd({
      kafka,
      topic,
      from,
      others: 'not at all',
      signal,
      onRecords: (records, partition) => this.#collect(records, partition, rows.get(partition) ?? []),
    });
    for (const [partition, end] of ends) this.#lowerBounds.set(partition, end);
    return new Map(
      [...ends].map(([partition, nextOffset]) => [partition, { rows: rows.get(partition) ?? [], nextOffset }]),
    );
  }

  async #collect(records: readonly KafkaRecord[], partition: number, rows: LedgerRow[]): Promise<void> {
    const { codec, onUnreadable } = this.#options;
    await codec.prepare(records.map(({ value }) => value));
    for (const record of records) {
      const offset = BigInt(record.offset);
      try {
        const { name, value } = codec.decode(record.value);
        if (name === 'SettlementRecord') rows.push({ offset, record: value });
      } catch (error) {
        if (mayPass(error)) throw error;
        onUnreadable(partition, offset, error);
      }
    }
  }
}
