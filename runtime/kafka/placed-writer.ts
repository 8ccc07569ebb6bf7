/** Writes records into an empty partition at the offsets that they had: what stands between, nobody reads. */

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Admin, CompressionTypes, type Message, type Producer, type Transaction } from 'kafkajs';
import { AppError } from '../errors.ts';
import type { KafkaClient } from './client.ts';
import { libraryOf } from './library.ts';
import type { RecordHeaders } from './records.ts';

export interface PlacedRecord {
  readonly offset: number;
  /** Milliseconds since the Unix epoch. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: RecordHeaders;
}

const BATCH_RECORDS = 500;
const BATCH_BYTES = 600_000;
/** A transaction that stays open for longer is given up by the broker itself. */
const GIVE_UP_AFTER_FILLERS = 2000;
const TRANSACTION_TIMEOUT_MS = 600_000;
/** With a key: a compacted topic takes no record without one. */
const FILLER = { key: 'filler', value: null };

/** Of the open transaction, which is always given up: nobody reads what is written in it. */
interface Fillers {
  readonly transaction: Transaction;
  count: number;
}

export class PlacedWriter {
  readonly #plain: Producer;
  readonly #transactional: Producer;
  readonly #admin: Admin;

  private constructor(kafka: KafkaClient) {
    const guards = { idempotent: true, maxInFlightRequests: 1 } as const;
    this.#plain = libraryOf(kafka).producer(guards);
    this.#transactional = libraryOf(kafka).producer({
      ...guards,
      transactionalId: `ao-restore-${randomUUID()}`,
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
    });
    this.#admin = libraryOf(kafka).admin();
  }

  static async connect(kafka: KafkaClient): Promise<PlacedWriter> {
    const writer = new PlacedWriter(kafka);
    await writer.#admin.connect();
    await writer.#plain.connect();
    await writer.#transactional.connect();
    return writer;
  }

  async close(): Promise<void> {
    for (const part of [this.#plain, this.#transactional, this.#admin]) await part.disconnect();
  }

  /**
   * @param records By rising offset.
   * @param bounds Of the partition as it was: its first record, and behind its last one. It may end one further on.
   * @throws AppError TOPIC_CUT when the broker places a record elsewhere: the topic must be deleted.
   */
  async write(
    topic: string,
    partition: number,
    records: AsyncIterable<PlacedRecord>,
    bounds: { readonly first: number; readonly next: number },
  ): Promise<void> {
    let waiting: PlacedRecord[] = [];
    let bytes = 0;
    let next = 0;
    let open: Fillers | undefined;
    const flush = async (): Promise<void> => {
      const [first] = waiting;
      if (first !== undefined) await this.#send(topic, partition, waiting.map(messageOf), first.offset, this.#plain);
      waiting = [];
      bytes = 0;
    };
    const skipTo = async (offset: number, isEnd: boolean): Promise<void> => {
      if (offset === next) return;
      await flush();
      // The end of a transaction takes the last offset of a gap.
      const ends = open !== undefined && (isEnd || open.count > GIVE_UP_AFTER_FILLERS);
      const fillers = offset - next - (ends ? 1 : 0);
      if (fillers > 0) {
        open ??= { transaction: await this.#transactional.transaction(), count: 0 };
        await this.#fill(topic, partition, next, fillers, open);
      }
      next = offset;
      if (!ends || open === undefined) return;
      await this.#giveUp(topic, partition, open, offset);
      open = undefined;
    };
    for await (const record of records) {
      await skipTo(record.offset, false);
      if (waiting.length >= BATCH_RECORDS || bytes >= BATCH_BYTES) await flush();
      waiting.push(record);
      bytes += (record.value?.length ?? 0) + (record.key?.length ?? 0);
      next = record.offset + 1;
    }
    await skipTo(bounds.next, true);
    await flush();
    if (open !== undefined) await this.#giveUp(topic, partition, open, next + 1);
    // What was gone stays gone: nobody may take the partition for whole.
    const cut = { topic, partitions: [{ partition, offset: String(bounds.first) }] };
    if (bounds.first > 0) await this.#admin.deleteTopicRecords(cut);
  }

  async #fill(topic: string, partition: number, at: number, count: number, open: Fillers): Promise<void> {
    for (let done = 0; done < count; done += BATCH_RECORDS) {
      const part = Array.from({ length: Math.min(BATCH_RECORDS, count - done) }, () => FILLER);
      await this.#send(topic, partition, part, at + done, open.transaction);
    }
    open.count += count;
  }

  /** Resolves when the broker has written the end of the transaction, which it does later than it answers. */
  async #giveUp(topic: string, partition: number, { transaction }: Fillers, end: number): Promise<void> {
    await transaction.abort();
    for (;;) {
      const found = await this.#admin.fetchTopicOffsets(topic);
      const high = Number(found.find((one) => one.partition === partition)?.high ?? 0);
      if (high === end) return;
      if (high > end) throw misplaced(topic, partition, high, end);
      await delay(10);
    }
  }

  async #send(
    topic: string,
    partition: number,
    messages: readonly Omit<Message, 'partition'>[],
    at: number,
    producer: Pick<Producer, 'sendBatch'>,
  ): Promise<void> {
    const placed = messages.map((message) => ({ ...message, partition }));
    const [written] = await producer.sendBatch({
      acks: -1,
      compression: CompressionTypes.GZIP,
      topicMessages: [{ topic, messages: placed }],
    });
    if (written?.baseOffset !== String(at)) throw misplaced(topic, partition, written?.baseOffset, at);
  }
}

function messageOf({ key, value, headers, timestamp }: PlacedRecord): Message {
  return { key, value, timestamp: String(timestamp), ...(headers === undefined ? {} : { headers }) };
}

function misplaced(topic: string, partition: number, found: number | string | undefined, wanted: number): AppError {
  return new AppError(
    'TOPIC_CUT',
    `The broker placed a record of ${topic}/${partition} at ${found}, not at ${wanted}: somebody else writes to it. Delete the topic, end the writer, and restore again.`,
  );
}
