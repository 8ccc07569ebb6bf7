/**
 * ao.settlements.v1 as the worker's write-ahead ledger: appends that are acknowledged, by the one worker that took the partition
 * over last, and reading a partition to its end.
 */

import { codeOf } from '../../../runtime/errors.ts';
import type { KafkaClient } from '../../../runtime/kafka/client.ts';
import type { RecordCodec } from '../../../runtime/kafka/codec.ts';
import { TransactionalWriter } from '../../../runtime/kafka/producer.ts';
import { retry } from '../../../runtime/retry.ts';
import { rootIdentity } from '../../../runtime/tracing/identities.ts';
import { SendSpans, type Subject } from '../../../runtime/tracing/record-spans.ts';
import type { SettlementRecord } from '../../../schemas/records.ts';
import type { LedgerRow } from '../core/ledger-history.ts';
import type { Ledger } from '../core/ports.ts';
import { type PartitionsReading, readPartitions } from './read-partitions.ts';

export interface LedgerTopicOptions {
  readonly kafka: KafkaClient;
  readonly codec: RecordCodec;
  readonly topic: string;
  /** The partition follows it: one transactional id each, so that the brokers refuse all writers but the newest. */
  readonly transactionalId: string;
  readonly signal: AbortSignal;
  /** Whether this worker still believes itself a member that owns partitions. */
  isMember(): boolean;
  /** Another worker took the partition over: nothing more is written to it. */
  onFenced(partition: number, error: unknown): void;
  onAppendFailure(error: unknown, attempt: number, delayMs: number): void;
  /** A record that cannot be read is no row of ours; it is told and left where it is. */
  onUnreadable(partition: number, offset: bigint, error: unknown): void;
}

export class LedgerTopic implements Ledger {
  readonly #options: LedgerTopicOptions;
  /** Lower bound of the next row's offset, for answers without one. */
  readonly #lowerBounds = new Map<number, bigint>();
  readonly #writers = new Map<number, TransactionalWriter>();
  readonly #held = new Set<number>();

  constructor(options: LedgerTopicOptions) {
    this.#options = options;
  }

  /** Takes partitions over: what a former owner has not written by now it writes no more. Call before reading them. */
  async take(partitions: readonly number[]): Promise<void> {
    this.#held.clear();
    for (const partition of partitions) await this.#writer(partition).fence();
    for (const partition of partitions) this.#held.add(partition);
  }

  /** Whether no other worker is known to have taken the partition over. */
  holds(partition: number): boolean {
    return this.#held.has(partition);
  }

  /** Tries until the broker has the rows; undefined once another worker has the partition. @throws the abort reason when the role stops. */
  async append(partition: number, rows: readonly SettlementRecord[]): Promise<bigint[] | undefined> {
    const { codec, topic, signal, onAppendFailure } = this.#options;
    const spans = new SendSpans();
    const records = rows.map((row) => {
      const record = { topic, key: row.channel, value: codec.encode('SettlementRecord', row), partition };
      return spans.add(record, () => subjectOf(row));
    });
    return retry(
      async (attempt) => {
        if (!this.#held.has(partition)) return undefined;
        const written = attempt === 1 ? undefined : await this.#takeAgain(partition, rows);
        if (written !== undefined || !this.#held.has(partition)) return written;
        const [begin] = await this.#writer(partition).write(records);
        return this.#placed(partition, BigInt(begin?.baseOffset ?? '-1'), rows.length);
      },
      { signal, onFailure: onAppendFailure, retryable: (error) => codeOf(error) !== 'PRODUCER_FENCED' },
    ).then(
      (offsets) => {
        spans.sent();
        return offsets;
      },
      (error: unknown) => {
        spans.failed(error);
        if (codeOf(error) !== 'PRODUCER_FENCED') throw error;
        this.#held.delete(partition);
        this.#options.onFenced(partition, error);
        return undefined;
      },
    );
  }

  /** After a write whose outcome is not known: where its rows stand, if they do; undefined where they must be written. */
  async #takeAgain(partition: number, rows: readonly SettlementRecord[]): Promise<bigint[] | undefined> {
    if (!this.#options.isMember()) {
      this.#held.delete(partition);
      return undefined;
    }
    await this.#writer(partition).fence();
    const first = rows[0];
    let found: bigint | undefined;
    const from = this.#lowerBounds.get(partition) ?? 0n;
    await readLedger({ ...this.#options, partitions: [partition] }, ({ offset, record }) => {
      if (offset >= from && first !== undefined && isSameRow(record, first)) found = offset;
    });
    return found === undefined ? undefined : this.#placed(partition, found, rows.length);
  }

  #placed(partition: number, base: bigint, count: number): bigint[] {
    const first = base >= 0n ? base : (this.#lowerBounds.get(partition) ?? 0n);
    this.#lowerBounds.set(partition, first);
    return Array.from({ length: count }, (_, index) => first + (base >= 0n ? BigInt(index) : 0n));
  }

  #writer(partition: number): TransactionalWriter {
    let writer = this.#writers.get(partition);
    if (writer === undefined) {
      writer = new TransactionalWriter(this.#options.kafka, `${this.#options.transactionalId}-${partition}`);
      this.#writers.set(partition, writer);
    }
    return writer;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#writers.values()].map((writer) => writer.close()));
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

/** Gives every row of some partitions, in order. @returns the offset after the last row, by partition. */
export function readLedger(
  reading: PartitionsReading,
  onRow: (row: LedgerRow, partition: number) => void,
): Promise<Map<number, bigint>> {
  return readPartitions(reading, ({ name, value }, partition, offset) => {
    if (name === 'SettlementRecord') onRow({ offset, record: value }, partition);
  });
}

function subjectOf({ channel, epoch, status, signature }: SettlementRecord): Subject {
  return {
    identity: rootIdentity(channel, epoch),
    attributes: {
      'ao.channel': channel,
      'ao.epoch': epoch.toString(),
      'ao.settlement_status': status,
      ...(signature === null ? {} : { 'solana.signature': signature }),
    },
  };
}

/** A worker writes no row twice in one millisecond. */
function isSameRow(a: SettlementRecord, b: SettlementRecord): boolean {
  const key = ({ channel, epoch, status, signature, at, worker }: SettlementRecord): string =>
    JSON.stringify([channel, epoch.toString(), status, signature, at, worker]);
  return key(a) === key(b);
}
