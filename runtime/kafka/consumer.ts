/** A consumer group member that commits by hand, with the guards that kafkajs needs. */

import type { Batch, Consumer, EachBatchPayload } from 'kafkajs';
import { codeOf } from '../errors.ts';
import type { Holds } from '../holds.ts';
import type { Logger } from '../logging.ts';
import { KafkaAdmin } from './admin.ts';
import type { KafkaClient } from './client.ts';
import type { RecordCodec } from './codec.ts';
import { HeldPartitions, partitionSubject } from './held-partitions.ts';
import { libraryOf } from './library.ts';
import { levelOfCrash } from './library-log.ts';
import type { CommittedOffset, KafkaRecord } from './records.ts';

/** The records of one partition, in offset order; never empty. */
export interface PartitionBatch {
  readonly topic: string;
  readonly partition: number;
  /** Grows with every assignment; state kept for an older one is not ours any more. */
  readonly generation: number;
  readonly messages: readonly KafkaRecord[];
  /** Offset that the fetch asked for; the first record may stand later (transaction markers, aborted records). */
  readonly fetchedFrom: bigint;
  /** Offset after the last record of the batch, and after the transaction markers behind it. */
  readonly nextOffset: bigint;
  /** Records of the partition not yet read, after this batch. */
  readonly lag: bigint;
  /** False once the partition was sought elsewhere, handed away, or the consumer stops. Check before writing. */
  isCurrent(): boolean;
  /** Keeps the membership alive during long work. @throws when the group rebalances. */
  heartbeat(): Promise<void>;
}

export interface GroupConsumerOptions {
  readonly kafka: KafkaClient;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly log: Logger;
  /** Told of partitions whose next record cannot be read yet. */
  readonly holds: Holds;
  /** Batches end before the first record that it cannot read now and that must not be put aside. */
  readonly codec: Pick<RecordCodec, 'understood'>;
  readonly fromBeginning?: boolean;
  readonly partitionsAtOnce?: number;
  readonly maxBytesPerPartition?: number;
  /** A thrown error makes the same batch come again, after a pause. */
  onBatch(batch: PartitionBatch): Promise<void>;
  /** Told of each (re)assignment before its first batch. Must not throw. */
  onAssigned?(assignment: Readonly<Record<string, readonly number[]>>, generation: number): void;
}

export class GroupConsumer {
  readonly #options: GroupConsumerOptions;
  readonly #consumer: Consumer;
  readonly #sessionTimeoutMs: number;
  readonly #held: HeldPartitions;
  /** Partitions that the role has paused. */
  readonly #paused = new Set<string>();
  #admin: KafkaAdmin | undefined;
  #generation = 0;
  #lastHeartbeatMs = Date.now();
  #joined = false;
  #stopping = false;

  constructor(options: GroupConsumerOptions) {
    this.#options = options;
    this.#sessionTimeoutMs = options.kafka.settings.KAFKA_SESSION_TIMEOUT_MS;
    this.#consumer = libraryOf(options.kafka).consumer({
      groupId: options.groupId,
      sessionTimeout: this.#sessionTimeoutMs,
      rebalanceTimeout: 30_000,
      heartbeatInterval: Math.min(3000, this.#sessionTimeoutMs / 4),
      // disconnect() waits for the longest poll.
      maxWaitTimeInMs: 100,
      maxBytesPerPartition: options.maxBytesPerPartition ?? 1_048_576,
      readUncommitted: false,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 50, maxRetryTime: 5000, retries: 60, restartOnFailure: async () => true },
    });
    this.#held = new HeldPartitions({
      holds: options.holds,
      pause: (topic, partition) => this.#consumer.pause([{ topic, partitions: [partition] }]),
      resume: (topic, partition) => this.#resumeUnlessPaused(topic, partition),
    });
    this.#listen();
  }

  /** May be called again after it failed. */
  async start(): Promise<void> {
    const { kafka, topics, fromBeginning, partitionsAtOnce } = this.#options;
    this.#admin ??= await KafkaAdmin.connect(kafka);
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [...topics], fromBeginning: fromBeginning ?? true });
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: partitionsAtOnce ?? 1,
      eachBatch: (payload) => this.#onBatch(payload),
    });
  }

  #listen(): void {
    const { log } = this.#options;
    const { GROUP_JOIN, HEARTBEAT, FETCH, REBALANCING, CRASH } = this.#consumer.events;
    this.#consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#generation += 1;
      this.#joined = true;
      this.#lastHeartbeatMs = Date.now();
      this.#held.keepOnly(payload.memberAssignment);
      log.info(
        { groupId: payload.groupId, assignment: payload.memberAssignment, durationMs: payload.duration },
        'partitions assigned',
      );
      this.#options.onAssigned?.(payload.memberAssignment, this.#generation);
    });
    this.#consumer.on(HEARTBEAT, () => (this.#lastHeartbeatMs = Date.now()));
    this.#consumer.on(FETCH, () => (this.#lastHeartbeatMs = Date.now()));
    this.#consumer.on(REBALANCING, ({ payload }) => {
      this.#joined = false;
      log.info({ groupId: payload.groupId }, 'rebalancing');
    });
    this.#consumer.on(CRASH, ({ payload }) => {
      this.#joined = false;
      const level = levelOfCrash(payload.error, payload.restart);
      log[level]({ err: payload.error, code: codeOf(payload.error), restart: payload.restart }, 'consumer crashed');
    });
  }

  async #onBatch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const { topic, partition } = batch;
    const generation = this.#generation;
    const isCurrent = (): boolean =>
      payload.isRunning() && !payload.isStale() && generation === this.#generation && !this.#stopping;
    if (!isCurrent()) return;
    const { count, error } = await this.#options.codec.understood(batch.messages.map(({ value }) => value));
    const messages = batch.messages.slice(0, count);
    const last = messages.at(-1);
    const following = batch.messages[count];
    const lag = BigInt(batch.offsetLag()) + BigInt(batch.messages.length - count);
    if (last !== undefined && isCurrent()) {
      await this.#options.onBatch({
        topic,
        partition,
        generation,
        messages,
        fetchedFrom: BigInt((batch as Batch & { readonly fetchedOffset: string }).fetchedOffset),
        nextOffset: following === undefined ? BigInt(batch.lastOffset()) + 1n : BigInt(following.offset),
        lag,
        isCurrent,
        heartbeat: () => payload.heartbeat(),
      });
      // In a later generation the same call would move the new owner's place past what nobody has done.
      if (!payload.isStale() && generation === this.#generation) payload.resolveOffset(last.offset);
    }
    if (isCurrent()) {
      if (following === undefined) this.#held.release(topic, partition);
      else this.#held.hold(topic, partition, error, following.offset);
    }
    await payload.heartbeat();
  }

  /** What this group has committed for the partitions of a topic. @throws TypeError before the consumer was started. */
  async committed(topic: string): Promise<Map<number, CommittedOffset>> {
    return (await this.#asking.committed(this.#options.groupId, [topic])).get(topic) ?? new Map();
  }

  /** First offset that each partition of a topic still holds. */
  async earliest(topic: string): Promise<Map<number, bigint>> {
    return new Map([...(await this.#asking.bounds(topic))].map(([partition, { low }]) => [partition, low]));
  }

  get #asking(): KafkaAdmin {
    if (this.#admin === undefined) throw new TypeError('the consumer was not started');
    return this.#admin;
  }

  /** Commits outside a transaction; the broker refuses it when this member's generation is over. */
  async commit(topic: string, partition: number, offset: bigint, metadata: string | null = null): Promise<void> {
    await this.#consumer.commitOffsets([{ topic, partition, offset: offset.toString(), metadata }]);
  }

  /** Reads on from another offset; the batch under way becomes stale. */
  seek(topic: string, partition: number, offset: bigint): void {
    this.#consumer.seek({ topic, partition, offset: offset.toString() });
  }

  /**
   * Holds a partition, not ready, until it is released; its next batch comes after a pause.
   * @param from Offset to read on from; what is under way becomes stale. Default: where the partition stands.
   */
  hold(topic: string, partition: number, error: unknown, from?: bigint): void {
    if (this.#stopping) return;
    this.#held.hold(topic, partition, error, from?.toString());
    if (from !== undefined) this.seek(topic, partition, from);
  }

  /** Does nothing where the partition is not held. */
  release(topic: string, partition: number): void {
    this.#held.release(topic, partition);
  }

  pause(topic: string, partition: number): void {
    this.#paused.add(partitionSubject(topic, partition));
    this.#consumer.pause([{ topic, partitions: [partition] }]);
  }

  /** A partition that is held stays paused until it is tried again. */
  resume(topic: string, partition: number): void {
    this.#paused.delete(partitionSubject(topic, partition));
    if (!this.#held.has(topic, partition)) this.#consumer.resume([{ topic, partitions: [partition] }]);
  }

  #resumeUnlessPaused(topic: string, partition: number): void {
    if (this.#paused.has(partitionSubject(topic, partition)) || this.#stopping) return;
    this.#consumer.resume([{ topic, partitions: [partition] }]);
  }

  /** Whether the member has partitions (or has been given none), is consuming, and has heard from the broker lately. */
  isJoined(): boolean {
    return this.#joined && this.#silenceMs < this.#sessionTimeoutMs / 2;
  }

  /** False when nothing was heard from the broker for three sessions: the consumer hangs and only a restart helps. */
  isLive(): boolean {
    return this.#silenceMs < 3 * this.#sessionTimeoutMs;
  }

  get #silenceMs(): number {
    return Date.now() - this.#lastHeartbeatMs;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#held.stop();
    await this.#consumer.stop().catch(() => undefined);
    await this.#consumer.disconnect();
    await this.#admin?.close();
  }
}
