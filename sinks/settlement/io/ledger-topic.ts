/** ao.settlements.v1 as the worker's write-ahead ledger: appends that are acknowledged, and reading a partition to its end. */

import { randomUUID } from 'node:crypto';
import { CompressionTypes, type EachBatchPayload, type Kafka, type Producer } from 'kafkajs';
import type { RecordCodec } from '../../../runtime/kafka/codec.ts';
import { retry } from '../../../runtime/retry.ts';
import type { SettlementRecord } from '../../../schemas/records.ts';
import type { LedgerRow } from '../core/ledger-history.ts';
import type { Ledger } from '../core/ports.ts';

export interface LedgerTopicOptions {
  readonly kafka: Kafka;
  readonly producer: Producer;
  readonly codec: RecordCodec;
  readonly topic: string;
  /** Prefix of the short-lived group that reading needs. */
  readonly groupPrefix: string;
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
    const messages = rows.map((row) => ({ key: row.channel, value: codec.encode('SettlementRecord', row), partition }));
    const [metadata] = await retry(
      () => producer.send({ topic, acks: -1, compression: CompressionTypes.GZIP, messages }),
      { signal, onFailure: onAppendFailure },
    );
    const base = BigInt(metadata?.baseOffset ?? '-1');
    const first = base >= 0n ? base : (this.#lowerBounds.get(partition) ?? 0n);
    this.#lowerBounds.set(partition, first);
    return rows.map((_, index) => first + (base >= 0n ? BigInt(index) : 0n));
  }

  /** Reads partitions from the given offsets to the end they have now. @throws what Kafka's client throws. */
  async read(from: ReadonlyMap<number, bigint>): Promise<Map<number, LedgerSlice>> {
    const { kafka, topic } = this.#options;
    const admin = kafka.admin();
    await admin.connect();
    try {
      const slices = new Map<number, LedgerSlice>();
      const wanted = new Map<number, { start: bigint; end: bigint }>();
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
        const asked = from.get(partition);
        if (asked === undefined) continue;
        const end = BigInt(high);
        const start = asked > BigInt(low) ? asked : BigInt(low);
        slices.set(partition, { rows: [], nextOffset: end });
        this.#lowerBounds.set(partition, end);
        if (start < end) wanted.set(partition, { start, end });
      }
      if (wanted.size > 0) {
        const groupId = `${this.#options.groupPrefix}-${randomUUID()}`;
        for (const [partition, rows] of await this.#readRanges(groupId, wanted)) {
          slices.set(partition, { rows, nextOffset: wanted.get(partition)?.end ?? 0n });
        }
        // The broker forgets empty groups by itself; this only tidies up sooner.
        await admin.deleteGroups([groupId]).catch(() => undefined);
      }
      return slices;
    } finally {
      await admin.disconnect();
    }
  }

  async #readRanges(
    groupId: string,
    wanted: ReadonlyMap<number, { readonly start: bigint; readonly end: bigint }>,
  ): Promise<Map<number, LedgerRow[]>> {
    const { kafka, topic, signal } = this.#options;
    const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, allowAutoTopicCreation: false });
    const rows = new Map<number, LedgerRow[]>([...wanted.keys()].map((partition) => [partition, []]));
    const unfinished = new Set(wanted.keys());
    const finished = Promise.withResolvers<undefined>();
    const onAbort = (): void => finished.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) finished.reject(payload.error);
    });
    try {
      signal.throwIfAborted();
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatch: async (payload) => {
          const range = wanted.get(payload.batch.partition);
          if (range === undefined) return;
          const { partition } = payload.batch;
          await this.#collect(payload, range, rows.get(partition) ?? []);
          if (BigInt(payload.batch.lastOffset()) + 1n >= range.end) unfinished.delete(partition);
          if (unfinished.size === 0) finished.resolve(undefined);
        },
      });
      for (const [partition, { start }] of wanted) consumer.seek({ topic, partition, offset: start.toString() });
      await finished.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      await consumer.disconnect();
    }
    return rows;
  }

  async #collect(
    { batch }: EachBatchPayload,
    { start, end }: { readonly start: bigint; readonly end: bigint },
    rows: LedgerRow[],
  ): Promise<void> {
    const { codec, onUnreadable } = this.#options;
    await codec.prepare(batch.messages.map(({ value }) => value));
    for (const message of batch.messages) {
      const offset = BigInt(message.offset);
      const last = rows.at(-1)?.offset ?? -1n;
      // Batches from before the seek took effect come again after it.
      if (offset < start || offset >= end || offset <= last) continue;
      try {
        const { name, value } = codec.decode(message.value);
        if (name === 'SettlementRecord') rows.push({ offset, record: value });
      } catch (error) {
        onUnreadable(batch.partition, offset, error);
      }
    }
  }
}
