/** Producers: one idempotent, one transactional. */

import { setTimeout as delay } from 'node:timers/promises';
import {
  CompressionTypes,
  type ICustomPartitioner,
  type Message,
  Partitioners,
  type Producer,
  type Transaction,
} from 'kafkajs';
import type { TopicKey } from '../../schemas/topics.ts';
import { AppError, messageOf } from '../errors.ts';
import type { KafkaClient, KafkaSettings } from './client.ts';
import { libraryOf } from './library.ts';
import type { OutgoingRecord, WrittenRecords } from './records.ts';
import { partitionsOf, topicNames } from './topics.ts';

/** Offsets of a consumer group to commit with a transaction. */
export interface GroupOffset {
  readonly topic: string;
  readonly partition: number;
  /** Next offset to read. */
  readonly offset: bigint;
  /** Checkpoint of the consumer, kept with the offset. */
  readonly metadata: string | null;
}

/** A plain send right after a topic's creation duplicated records; idempotence with one request in flight does not. */
const GUARDS = { idempotent: true, maxInFlightRequests: 1 } as const;

const OFFSET_ATTEMPTS = 20;

/** An idempotent producer for writes outside transactions. */
export class RecordProducer {
  readonly #producer: Producer;

  /** @param producer Connected. */
  constructor(producer: Producer) {
    this.#producer = producer;
  }

  /** Resolves when the brokers have them all; what `sendAll` gives. */
  send(records: readonly OutgoingRecord[]): Promise<readonly WrittenRecords[]> {
    return sendAll(this.#producer, records);
  }

  async disconnect(): Promise<void> {
    await this.#producer.disconnect();
  }
}

/** The writing part of a producer. */
export type RecordSender = Pick<RecordProducer, 'send'>;

export async function connectProducer(kafka: KafkaClient): Promise<RecordProducer> {
  const producer = libraryOf(kafka).producer({ ...GUARDS, createPartitioner: declaredPartitioner(kafka.settings) });
  await producer.connect();
  return new RecordProducer(producer);
}

/** Most bytes of one request: brokers refuse a partition's batch above 1 MB. */
const MAX_REQUEST_BYTES = 600_000;

/**
 * Writes records, in order, in as many requests as their size needs.
 * @returns where each topic's and partition's records of this call begin (`baseOffset`).
 */
export async function sendAll(
  producer: Pick<Producer, 'sendBatch'>,
  records: readonly OutgoingRecord[],
): Promise<readonly WrittenRecords[]> {
  const begins = new Map<string, WrittenRecords>();
  for (const part of bySize(records)) {
    const topicMessages = byTopic(part);
    for (const begin of await producer.sendBatch({ acks: -1, compression: CompressionTypes.GZIP, topicMessages })) {
      const partition = `${begin.topicName} ${begin.partition}`;
      if (!begins.has(partition)) begins.set(partition, begin);
    }
  }
  return [...begins.values()];
}

function* bySize(records: readonly OutgoingRecord[]): Generator<OutgoingRecord[]> {
  let part: OutgoingRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = (record.value?.length ?? 0) + (record.key?.length ?? 0) + 100;
    if (part.length > 0 && bytes + size > MAX_REQUEST_BYTES) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(record);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

/** The partition that a key maps to; the same function as the producer's. */
export function partitionFor(key: string, topic: string, partitions: number): number {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 0,
    replicas: [0],
    isr: [0],
  }));
  return Partitioners.DefaultPartitioner()({ topic, partitionMetadata, message: { key, value: null } });
}

/** Keys whose partitions are remembered. */
const REMEMBERED_KEYS = 10_000;

/** The library's hash of a key costs as much as encoding its record; most records are of few channels. */
class ChosenPartitions {
  /** Partitions of the topic, then key, to partition. */
  readonly #byCount = new Map<number, Map<string, number>>();

  get(count: number, key: string, choose: () => number): number {
    let known = this.#byCount.get(count);
    if (known === undefined) this.#byCount.set(count, (known = new Map<string, number>()));
    let partition = known.get(key);
    if (partition === undefined) {
      if (known.size >= REMEMBERED_KEYS) known.clear();
      known.set(key, (partition = choose()));
    }
    return partition;
  }
}

/** Keys map to the declared partitions alone: a partition that somebody adds to a topic moves no channel. */
export function declaredPartitioner(settings: KafkaSettings): ICustomPartitioner {
  const names = topicNames(settings);
  const declared = new Map(
    (Object.keys(names) as TopicKey[]).map((key) => [names[key], partitionsOf(key, settings)] as const),
  );
  return () => {
    const choose = Partitioners.DefaultPartitioner();
    const chosen = new ChosenPartitions();
    return ({ topic, partitionMetadata, message }) => {
      const count = declared.get(topic) ?? partitionMetadata.length;
      const among = (): number =>
        choose({
          topic,
          partitionMetadata: partitionMetadata.filter(({ partitionId }) => partitionId < count),
          message,
        });
      const { key, partition } = message;
      if (typeof key !== 'string' || (partition ?? undefined) !== undefined) return among();
      return chosen.get(count, key, among);
    };
  };
}

/**
 * Transactions under one transactional id. Whoever fences last owns the id: an older owner's next write fails. After any
 * failure the outcome of the transaction is unknown: the caller must read back what was committed, then `fence` again.
 */
export class TransactionalWriter {
  readonly #kafka: KafkaClient;
  readonly #transactionalId: string;
  #producer: Producer | undefined;

  constructor(kafka: KafkaClient, transactionalId: string) {
    this.#kafka = kafka;
    this.#transactionalId = transactionalId;
  }

  /** Takes the id over and settles what its former owner left open. Call before reading what was committed. */
  async fence(): Promise<void> {
    await this.close();
    const producer = libraryOf(this.#kafka).producer({
      ...GUARDS,
      createPartitioner: declaredPartitioner(this.#kafka.settings),
      transactionalId: this.#transactionalId,
      transactionTimeout: 60_000,
    });
    try {
      await producer.connect();
      const transaction = await producer.transaction();
      await transaction.abort();
    } catch (cause) {
      await producer.disconnect();
      throw new AppError(
        'TRANSACTION_FAILED',
        `Cannot take over the transactional id ${this.#transactionalId}: ${messageOf(cause)}`,
        { retryable: true, cause },
      );
    }
    this.#producer = producer;
  }

  /**
   * Writes records and, with them, a group's offsets: all or nothing.
   * @returns where the records begin in each partition written to.
   * @throws AppError TRANSACTION_FAILED (retryable): fence again and read back; PRODUCER_FENCED: another process owns the id.
   */
  async write(
    records: readonly OutgoingRecord[],
    group?: {
      readonly id: string;
      /** Or what gives them, once it is known where the records begin. */
      readonly offsets: readonly GroupOffset[] | ((written: readonly WrittenRecords[]) => readonly GroupOffset[]);
    },
  ): Promise<readonly WrittenRecords[]> {
    const producer = this.#producer;
    if (producer === undefined)
      throw new AppError('TRANSACTION_FAILED', 'The transactional id is not held; fence first.', { retryable: true });
    try {
      const transaction = await producer.transaction();
      try {
        // Offsets as the first operation of a transaction run into CONCURRENT_TRANSACTIONS: send first.
        const written = await sendAll(transaction, records);
        if (group !== undefined) {
          const { id, offsets } = group;
          await sendOffsets(transaction, id, typeof offsets === 'function' ? offsets(written) : offsets);
        }
        await transaction.commit();
        return written;
      } catch (error) {
        await transaction.abort().catch(() => undefined);
        throw error;
      }
    } catch (cause) {
      await this.close();
      const fenced = /FENCED|INVALID_PRODUCER_EPOCH|INVALID_PRODUCER_ID_MAPPING/.test(typeOf(cause));
      throw fenced
        ? new AppError('PRODUCER_FENCED', `Another process took over ${this.#transactionalId}.`, {
            cause,
            context: { transactionalId: this.#transactionalId },
          })
        : new AppError('TRANSACTION_FAILED', `A transaction of ${this.#transactionalId} failed: ${messageOf(cause)}`, {
            retryable: true,
            cause,
          });
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.disconnect().catch(() => undefined);
  }
}

/** The library does not retry this request, although a coordinator that moves or loads answers it with a retriable error. */
async function sendOffsets(
  transaction: Transaction,
  consumerGroupId: string,
  offsets: readonly GroupOffset[],
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transaction.sendOffsets({ consumerGroupId, topics: offsetsByTopic(offsets) });
    } catch (error) {
      if (attempt === OFFSET_ATTEMPTS || (error as { retriable?: boolean }).retriable !== true) throw error;
      await delay(Math.min(1000, 10 * 2 ** attempt));
    }
  }
}

function byTopic(records: readonly OutgoingRecord[]): { topic: string; messages: Message[] }[] {
  const topics = new Map<string, Message[]>();
  for (const { topic, ...record } of records) {
    let messages = topics.get(topic);
    if (messages === undefined) topics.set(topic, (messages = []));
    messages.push(record);
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }));
}

function offsetsByTopic(
  offsets: readonly GroupOffset[],
): { topic: string; partitions: { partition: number; offset: string; metadata: string | null }[] }[] {
  return offsets.map(({ topic, partition, offset, metadata }) => ({
    topic,
    partitions: [{ partition, offset: offset.toString(), metadata }],
  }));
}

function typeOf(error: unknown): string {
  const { type, cause } = error as { type?: string; cause?: { type?: string } };
  return `${type ?? ''} ${cause?.type ?? ''}`;
}
