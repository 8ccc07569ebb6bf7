/** Everything of one endpoint: a consumer group of its own, so that nothing that befalls it touches another. */

import { setTimeout as delay } from 'node:timers/promises';
import { AppError, codeOf, messageOf } from '../../../runtime/errors.ts';
import type { Holds } from '../../../runtime/holds.ts';
import type { KafkaAdmin } from '../../../runtime/kafka/admin.ts';
import type { KafkaClient } from '../../../runtime/kafka/client.ts';
import type { RecordCodec } from '../../../runtime/kafka/codec.ts';
import { GroupConsumer, type PartitionBatch } from '../../../runtime/kafka/consumer.ts';
import { deadLetter } from '../../../runtime/kafka/dead-letters.ts';
import { partitionSubject } from '../../../runtime/kafka/held-partitions.ts';
import type { RecordSender } from '../../../runtime/kafka/producer.ts';
import type { KafkaRecord } from '../../../runtime/kafka/records.ts';
import { partitionsOf, type TopicNames } from '../../../runtime/kafka/topics.ts';
import type { Logger } from '../../../runtime/logging.ts';
import type { WebhookTopic } from '../core/cursor.ts';
import { type Endpoint, wants } from '../core/endpoint.ts';
import { messageOfRecord, type OutgoingMessage } from '../core/message.ts';
import type { Delivery } from './delivery.ts';
import { PartitionQueue, type QueuedMessage } from './partition-queue.ts';
import { endpointGroup, forgetReplay, type RequestedPlace, readReplay } from './replay-request.ts';
import type { WebhooksMetrics } from './webhooks-metrics.ts';

export interface EndpointSenderOptions {
  readonly endpoint: Endpoint;
  readonly kafka: KafkaClient;
  readonly admin: KafkaAdmin;
  readonly codec: RecordCodec;
  readonly producer: RecordSender;
  readonly topics: TopicNames;
  readonly delivery: Delivery;
  readonly metrics: WebhooksMetrics;
  readonly role: string;
  readonly holds: Holds;
  readonly log: Logger;
}

/** Messages of a partition under way or waiting; above it the partition is paused. */
const QUEUE_LIMIT = 2000;
const COMMIT_EVERY_MS = 500;
const LOOK_AROUND_EVERY_MS = 2000;
/** How long a stop waits for the requests under way. */
const DRAIN_MS = 2000;
const MAX_BYTES_A_FETCH = 262_144;

export class EndpointSender {
  readonly #options: EndpointSenderOptions;
  readonly #groupId: string;
  readonly #consumer: GroupConsumer;
  readonly #queues = new Map<string, PartitionQueue>();
  readonly #stop = new AbortController();
  /** Metadata of what is committed, by partition; read again with every assignment. */
  #marks: Promise<ReadonlyMap<string, string>> | undefined;
  /** Next offset of each partition of the roots, as the group has committed it. */
  #rootsCommitted = new Map<number, bigint | undefined>();
  #assigned: ReadonlySet<string> = new Set();
  #moved = Promise.withResolvers<void>();
  #loop: Promise<void> | undefined;

  constructor(options: EndpointSenderOptions) {
    const { kafka, topics, log, holds, codec, endpoint } = options;
    this.#options = options;
    this.#groupId = endpointGroup(kafka.settings, endpoint.id);
    this.#consumer = new GroupConsumer({
      ...{ kafka, log, holds, codec, groupId: this.#groupId, topics: [topics.roots, topics.settlements] },
      partitionsAtOnce: 2 * partitionsOf('roots', kafka.settings),
      maxBytesPerPartition: MAX_BYTES_A_FETCH,
      onBatch: (batch) => this.#onBatch(batch),
      onAssigned: (assignment) => this.#onAssigned(assignment),
    });
  }

  get endpoint(): Endpoint {
    return this.#options.endpoint;
  }

  isJoined(): boolean {
    return this.#consumer.isJoined();
  }

  isLive(): boolean {
    return this.#consumer.isLive();
  }

  /** Age of the oldest message that the endpoint has not taken, seconds; 0 where none waits. */
  oldestSeconds(): number {
    const oldest = [...this.#queues.values()].map(({ progress }) => progress.oldestMs ?? Number.POSITIVE_INFINITY);
    return Math.max(0, (Date.now() - Math.min(...oldest)) / 1000);
  }

  /** May be called again after it failed. */
  async start(): Promise<void> {
    await this.#consumer.start();
    this.#loop ??= this.#run();
  }

  /** Ends what is under way, commits what was taken, hands the partitions back. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#queues.values()].map((queue) => queue.end(DRAIN_MS)));
    await this.#loop;
    await this.#commit().catch(() => undefined);
    await this.#consumer.stop();
    this.#options.delivery.close();
  }

  #onAssigned(assignment: Readonly<Record<string, readonly number[]>>): void {
    const places = Object.entries(assignment).flatMap(([topic, partitions]) =>
      partitions.map((partition) => partitionSubject(topic, partition)),
    );
    this.#assigned = new Set(places);
    this.#marks = undefined;
    for (const queue of this.#queues.values()) this.#drop(queue);
  }

  #drop(queue: PartitionQueue): void {
    this.#queues.delete(partitionSubject(queue.topic, queue.partition));
    void queue.end(0);
    if (queue.paused) this.#consumer.resume(queue.topic, queue.partition);
  }

  async #onBatch(batch: PartitionBatch): Promise<void> {
    const { codec } = this.#options;
    const { topic, partition, messages } = batch;
    await codec.prepare(messages.map(({ value }) => value));
    const marks = await (this.#marks ??= this.#committedMarks());
    const found = await Promise.all(messages.map((record) => this.#messageOf(batch, record)));
    if (!batch.isCurrent()) return;
    const queue = this.#queueOf(topic, partition, marks);
    for (const [index, record] of messages.entries()) {
      const following = messages[index + 1]?.offset;
      const next = following === undefined ? batch.nextOffset : BigInt(following);
      const offset = BigInt(record.offset);
      queue.progress.begin(offset, Number(record.timestamp), next);
      const message = found[index];
      if (message === undefined) queue.progress.finish(offset);
      else queue.add({ record, message });
    }
    if (queue.progress.open >= QUEUE_LIMIT) {
      queue.paused = true;
      this.#consumer.pause(topic, partition);
    }
    this.#wake();
  }

  #queueOf(topic: string, partition: number, marks: ReadonlyMap<string, string>): PartitionQueue {
    const subject = partitionSubject(topic, partition);
    let queue = this.#queues.get(subject);
    if (queue === undefined) {
      const metadata = marks.get(subject) ?? '';
      queue = new PartitionQueue(
        { topic, partition, metadata },
        { bring: (queued, of) => this.#bring(queued, of), onFinished: (of) => this.#onFinished(of) },
      );
      this.#queues.set(subject, queue);
    }
    return queue;
  }

  /** What is to be delivered of a record; undefined where the endpoint does not want it, or nobody can read it. */
  async #messageOf(batch: PartitionBatch, record: KafkaRecord): Promise<OutgoingMessage | undefined> {
    const { codec, topics, endpoint } = this.#options;
    const topic: WebhookTopic = batch.topic === topics.roots ? 'roots' : 'settlements';
    const place = { topic, partition: batch.partition, offset: BigInt(record.offset) };
    try {
      const message = messageOfRecord(codec.decode(record.value), place);
      return wants(endpoint, { ...message, atMs: Number(record.timestamp) }) ? message : undefined;
    } catch (error) {
      if (!(error instanceof AppError) || error.retryable) throw error;
      await this.#putAside(batch, record, error);
      return undefined;
    }
  }

  async #bring({ record, message }: QueuedMessage, queue: PartitionQueue): Promise<boolean> {
    const { topic, partition, closing } = queue;
    if (message.root !== undefined && !(await this.#rootIsDelivered(message.root, closing))) return false;
    const where = { topic, partition, offset: record.offset, channel: message.channel };
    const ending = await this.#options.delivery.deliver(message, where, queue);
    if (ending.kind === 'refused') await this.#putAside(queue, record, ending.error);
    return ending.kind !== 'ended';
  }

  #onFinished(queue: PartitionQueue): void {
    this.#wake();
    if (!queue.paused || queue.closing.aborted || queue.progress.open > QUEUE_LIMIT / 2) return;
    queue.paused = false;
    this.#consumer.resume(queue.topic, queue.partition);
  }

  #wake(): void {
    this.#moved.resolve();
    this.#moved = Promise.withResolvers<void>();
  }

  /** A settlement waits for its root, whoever delivers that. */
  async #rootIsDelivered(root: { partition: number; offset: bigint }, signal: AbortSignal): Promise<boolean> {
    const { topics } = this.#options;
    const subject = partitionSubject(topics.roots, root.partition);
    while (!signal.aborted) {
      const moved = this.#moved.promise;
      const next = this.#queues.get(subject)?.progress.next ?? this.#rootsCommitted.get(root.partition);
      if (next !== undefined && next > root.offset) return true;
      await Promise.race([moved, delay(COMMIT_EVERY_MS, undefined, { signal }).catch(() => undefined)]);
    }
    return false;
  }

  async #run(): Promise<void> {
    const { log, endpoint } = this.#options;
    for (let atMs = 0; !this.#stop.signal.aborted; ) {
      try {
        await this.#commit();
        if (Date.now() - atMs >= LOOK_AROUND_EVERY_MS) {
          atMs = Date.now();
          await this.#lookAround();
        }
      } catch (error) {
        log.warn({ endpoint: endpoint.id, code: codeOf(error), reason: messageOf(error) }, 'cannot commit yet');
      }
      await delay(COMMIT_EVERY_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  /** Refused by the broker when the generation is over: the new owner begins where the last commit stands. */
  async #commit(): Promise<void> {
    for (const queue of [...this.#queues.values()]) {
      const { next } = queue.progress;
      if (next === undefined || next === queue.committed || queue.cut.aborted) continue;
      await this.#consumer.commit(queue.topic, queue.partition, next, queue.metadata);
      queue.committed = next;
    }
  }

  /** What the whole group has committed, and whether somebody wants messages again. */
  async #lookAround(): Promise<void> {
    const { topics, kafka, admin } = this.#options;
    const committed = await this.#consumer.committed(topics.roots);
    this.#rootsCommitted = new Map([...committed].map(([partition, { offset }]) => [partition, offset]));
    const requested = await readReplay(admin, topics, this.#groupId);
    if (requested.length === 0) return;
    const marks = await this.#committedMarks();
    const open = requested.filter(
      ({ topic, partition, mark }) => marks.get(partitionSubject(topic, partition)) !== mark,
    );
    for (const place of open) await this.#goTo(place);
    if (open.length === 0) await forgetReplay(kafka, this.#groupId);
  }

  /** Its owner takes a requested place over. */
  async #goTo({ topic, partition, offset, mark }: RequestedPlace): Promise<void> {
    const { topics, log, endpoint } = this.#options;
    const subject = partitionSubject(topic, partition);
    if (!this.#assigned.has(subject)) return;
    const queue = this.#queues.get(subject);
    if (queue !== undefined) this.#drop(queue);
    await this.#consumer.commit(topic, partition, offset, mark);
    this.#marks = undefined;
    if (topic === topics.roots) this.#rootsCommitted.set(partition, offset);
    this.#consumer.seek(topic, partition, offset);
    log.info(
      { endpoint: endpoint.id, topic, partition, offset: offset.toString() },
      'goes on from where it was asked to',
    );
  }

  async #committedMarks(): Promise<ReadonlyMap<string, string>> {
    const { topics } = this.#options;
    const all = await Promise.all(
      [topics.roots, topics.settlements].map(async (topic) => {
        const committed = await this.#consumer.committed(topic);
        return [...committed].map(
          ([partition, { metadata }]) => [partitionSubject(topic, partition), metadata] as const,
        );
      }),
    );
    return new Map(all.flat());
  }

  async #putAside(
    { topic, partition }: { topic: string; partition: number },
    record: KafkaRecord,
    error: unknown,
  ): Promise<void> {
    const { producer, topics, role, metrics, log, endpoint } = this.#options;
    const origin = { topic, partition, offset: record.offset };
    await producer.send([deadLetter(topics.deadLetters, origin, record, error, `${role}/${endpoint.id}`)]);
    metrics.deadLetters.inc({ endpoint: endpoint.id, code: codeOf(error) });
    log.error(
      { ...origin, endpoint: endpoint.id, code: codeOf(error), reason: messageOf(error) },
      'put to the dead letters',
    );
  }
}
