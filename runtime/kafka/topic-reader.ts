/** Reading a topic without being a member of anybody's group: committed records, in offset order within a partition. */

import { randomUUID } from 'node:crypto';
import type { Batch, Consumer } from 'kafkajs';
import { forgetGroup, withAdmin } from './admin.ts';
import type { KafkaClient } from './client.ts';
import { libraryOf } from './library.ts';
import type { KafkaRecord } from './records.ts';

/** Where a partition is read from: its first record, its end as of now, or an offset (nearest one that it holds). */
export type ReadFrom = 'beginning' | 'end' | bigint;

export interface TopicReading {
  readonly kafka: KafkaClient;
  readonly topic: string;
  /** For partitions that `from` does not name. Default: the beginning. */
  readonly others?: ReadFrom | 'not at all';
  readonly from?: ReadonlyMap<number, ReadFrom>;
  readonly signal?: AbortSignal;
  /** Given batch by batch; never empty. False ends the reading, a thrown error ends it with that error. */
  onRecords(records: readonly KafkaRecord[], partition: number): Promise<boolean | void> | boolean | void;
}

/** A reading that goes on for ever. */
export interface TopicFollower {
  /** Resolves when the reading was ended; rejects with what ended it. */
  readonly ended: Promise<void>;
  /** Resolves when all that stands on the topic now was given. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Reads to the end that each partition has now.
 * @returns the offset at which each partition's reading ended.
 * @throws what `onRecords` throws, the signal's reason, or what the library gives up on.
 */
export async function readToEnd(reading: TopicReading): Promise<Map<number, bigint>> {
  const { positions, ends } = await stretchOf(reading);
  const follower = new Follower(reading, positions, ends);
  try {
    if (follower.isBehind(ends)) await follower.run();
  } finally {
    await follower.stop();
  }
  return ends;
}

/** Reads on until it is stopped. */
export async function followTopic(reading: TopicReading): Promise<TopicFollower> {
  const { positions } = await stretchOf(reading);
  const follower = new Follower(reading, positions, undefined);
  await follower.start();
  return follower;
}

/** First and last position of each partition that is wanted. */
async function stretchOf({ kafka, topic, from, others = 'beginning' }: TopicReading): Promise<{
  positions: Map<number, bigint>;
  ends: Map<number, bigint>;
}> {
  const positions = new Map<number, bigint>();
  const ends = new Map<number, bigint>();
  for (const [partition, { low, high }] of await withAdmin(kafka, (admin) => admin.bounds(topic))) {
    const wanted = from?.get(partition) ?? others;
    if (wanted === 'not at all') continue;
    const offset = wanted === 'beginning' ? low : wanted === 'end' ? high : wanted;
    positions.set(partition, offset < low ? low : offset > high ? high : offset);
    ends.set(partition, high);
  }
  return { positions, ends };
}

class Follower implements TopicFollower {
  readonly #reading: TopicReading;
  /** Next offset of each partition that is read. */
  readonly #positions: Map<number, bigint>;
  /** Where to end; undefined: nowhere. */
  readonly #ends: ReadonlyMap<number, bigint> | undefined;
  readonly #groupId: string;
  readonly #consumer: Consumer;
  readonly #ended = Promise.withResolvers<void>();
  #moved = Promise.withResolvers<void>();
  #started = false;
  #over = false;

  constructor(reading: TopicReading, positions: Map<number, bigint>, ends: ReadonlyMap<number, bigint> | undefined) {
    const { kafka, topic, signal } = reading;
    this.#reading = reading;
    this.#positions = positions;
    this.#ends = ends;
    // The library reads as a member of a group only.
    this.#groupId = `${kafka.settings.KAFKA_NAMESPACE}${kafka.clientId}-reader-${randomUUID()}`;
    this.#consumer = libraryOf(kafka).consumer({
      groupId: this.#groupId,
      maxWaitTimeInMs: 100,
      readUncommitted: false,
      allowAutoTopicCreation: false,
    });
    const { GROUP_JOIN, END_BATCH_PROCESS, CRASH } = this.#consumer.events;
    // Each join, also one after a hiccup, goes on where the reading stands; seeking before a join is an error.
    this.#consumer.on(GROUP_JOIN, ({ payload }) => {
      for (const partition of payload.memberAssignment[topic] ?? []) this.#place(partition);
    });
    // Also told of batches that hold nothing but transaction markers, which never reach eachBatch.
    this.#consumer.on(END_BATCH_PROCESS, ({ payload }) =>
      this.#pass(payload.partition, BigInt(payload.lastOffset) + 1n),
    );
    this.#consumer.on(CRASH, ({ payload }) => {
      if (!payload.restart) this.#end(payload.error);
    });
    // It may be rejected before it is awaited.
    this.#ended.promise.catch(() => undefined);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  isBehind(ends: ReadonlyMap<number, bigint>): boolean {
    return [...ends].some(([partition, end]) => (this.#positions.get(partition) ?? end) < end);
  }

  async start(): Promise<void> {
    this.#reading.signal?.throwIfAborted();
    this.#started = true;
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [this.#reading.topic], fromBeginning: true });
    await this.#consumer.run({ autoCommit: false, eachBatch: ({ batch }) => this.#give(batch) });
  }

  async run(): Promise<void> {
    await this.start();
    await this.#ended.promise;
  }

  async caughtUp(): Promise<void> {
    const { kafka, topic } = this.#reading;
    const bounds = await withAdmin(kafka, (admin) => admin.bounds(topic));
    const ends = new Map([...bounds].map(([partition, { high }]) => [partition, high]));
    while (!this.#over && this.isBehind(ends)) await Promise.race([this.#moved.promise, this.#ended.promise]);
  }

  async stop(): Promise<void> {
    this.#reading.signal?.removeEventListener('abort', this.#onAbort);
    this.#end();
    if (!this.#started) return;
    this.#started = false;
    await this.#consumer.disconnect();
    await forgetGroup(this.#reading.kafka, this.#groupId);
  }

  readonly #onAbort = (): void => this.#end(this.#reading.signal?.reason);

  #end(error?: unknown): void {
    this.#over = true;
    if (error === undefined) this.#ended.resolve();
    else this.#ended.reject(error);
  }

  #isDone(partition: number): boolean {
    const end = this.#ends?.get(partition);
    return end !== undefined && (this.#positions.get(partition) ?? end) >= end;
  }

  #place(partition: number): void {
    const { topic } = this.#reading;
    const position = this.#positions.get(partition);
    if (position === undefined || this.#isDone(partition)) this.#consumer.pause([{ topic, partitions: [partition] }]);
    else this.#consumer.seek({ topic, partition, offset: position.toString() });
  }

  async #give({ partition, messages }: Batch): Promise<void> {
    const position = this.#positions.get(partition);
    if (position === undefined || this.#over) return;
    const end = this.#ends?.get(partition);
    // Batches from before a seek took effect come again after it.
    const records = messages.filter(({ offset }) => {
      const at = BigInt(offset);
      return at >= position && (end === undefined || at < end);
    });
    if (records.length === 0) return;
    try {
      if ((await this.#reading.onRecords(records, partition)) === false) this.#end();
    } catch (error) {
      this.#end(error);
    }
  }

  #pass(partition: number, next: bigint): void {
    const position = this.#positions.get(partition);
    if (position === undefined || next <= position) return;
    this.#positions.set(partition, next);
    if (this.#isDone(partition)) this.#consumer.pause([{ topic: this.#reading.topic, partitions: [partition] }]);
    if (this.#ends !== undefined && !this.isBehind(this.#ends)) this.#end();
    this.#moved.resolve();
    this.#moved = Promise.withResolvers<void>();
  }
}
