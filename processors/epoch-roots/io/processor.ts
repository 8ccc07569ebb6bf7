/** The group member: gives each assigned partition its worker. */

import { codeOf, mayPass } from '../../../runtime/errors.ts';
import type { Holds } from '../../../runtime/holds.ts';
import type { KafkaClient } from '../../../runtime/kafka/client.ts';
import type { RecordCodec } from '../../../runtime/kafka/codec.ts';
import { GroupConsumer, type PartitionBatch } from '../../../runtime/kafka/consumer.ts';
import { TransactionalWriter } from '../../../runtime/kafka/producer.ts';
import type { KafkaRecord } from '../../../runtime/kafka/records.ts';
import { retry } from '../../../runtime/retry.ts';
import type { FoundPartition } from '../core/restore-fault.ts';
import { isSnapshotDue, type SnapshotPlace } from '../core/snapshot.ts';
import type { StandingRoots } from '../core/standing-roots.ts';
import type { PartitionGauges } from './metrics.ts';
import { PartitionWorker, type WorkerPorts } from './partition-worker.ts';
import { readSnapshot } from './snapshots.ts';
import { findPartition, readStandingRoots } from './topic-questions.ts';

export interface ProcessorPorts
  extends Omit<
    WorkerPorts,
    'consumer' | 'writer' | 'codec' | 'found' | 'standing' | 'snapshotRecords' | 'isSnapshotDue'
  > {
  readonly codec: RecordCodec;
  readonly holds: Holds;
  readonly kafka: KafkaClient;
  readonly signal: AbortSignal;
  /** Transactional id of a partition: whoever owns the partition owns the id. */
  readonly transactionalId: (partition: number) => string;
  readonly partitionsAtOnce: number;
  /** For what only a person can mend. */
  readonly fail: (error: unknown) => void;
}

/** Codes with which one partition is held, while the others go on. */
const HELD = new Set([
  ...['RECORDS_GONE', 'SNAPSHOT_GONE', 'TOPIC_CUT', 'TOPIC_REPLACED', 'ROOT_CONFLICT'],
  ...['EPOCH_BASE_TOO_LOW', 'EPOCH_BASE_UNCHECKED'],
  // Of a root that stands already: nobody knows which one it is.
  ...['SCHEMA_UNKNOWN', 'SCHEMA_NEWER', 'REGISTRY_UNAVAILABLE'],
]);

/** Few large batches: a transaction costs milliseconds whatever its size. */
const MAX_BYTES_PER_PARTITION = 4_194_304;

export class EpochRootsProcessor {
  readonly #ports: ProcessorPorts;
  readonly #consumer: GroupConsumer;
  readonly #workers = new Map<number, PartitionWorker>();
  #generation = -1;
  #timer: NodeJS.Timeout | undefined;

  constructor(ports: ProcessorPorts) {
    this.#ports = ports;
    this.#consumer = new GroupConsumer({
      kafka: ports.kafka,
      groupId: ports.groupId,
      topics: [ports.topics.streamEvents],
      log: ports.log,
      holds: ports.holds,
      codec: ports.codec,
      partitionsAtOnce: ports.partitionsAtOnce,
      maxBytesPerPartition: MAX_BYTES_PER_PARTITION,
      onAssigned: (assignment, generation) => this.#assigned(assignment[ports.topics.streamEvents] ?? [], generation),
      onBatch: (batch) => this.#process(batch),
    });
  }

  async start(): Promise<void> {
    await this.#consumer.start();
    const flush = (): void => {
      for (const worker of this.#workers.values()) void worker.flush(this.#generation);
    };
    this.#timer = setInterval(flush, this.#ports.checkpointIntervalMs);
  }

  get isJoined(): boolean {
    return this.#consumer.isJoined();
  }

  get isLive(): boolean {
    return this.#consumer.isLive();
  }

  /** Whether every partition assigned has its state. */
  get isRestored(): boolean {
    return this.isJoined && [...this.#workers.values()].every((worker) => worker.isRestored);
  }

  gauges(): PartitionGauges[] {
    return [...this.#workers.values()].map((worker) => worker.gauges);
  }

  #assigned(partitions: readonly number[], generation: number): void {
    this.#generation = generation;
    for (const [partition, worker] of this.#workers) {
      if (partitions.includes(partition)) continue;
      this.#workers.delete(partition);
      void worker.close();
    }
    for (const partition of partitions) void this.#prepare(partition, generation);
  }

  /** Ahead of the first batch, which may be long in coming. Tries on while the partition is held: it may be mended. */
  async #prepare(partition: number, generation: number): Promise<void> {
    const { signal, log } = this.#ports;
    const worker = this.#worker(partition);
    try {
      await retry(() => worker.prepare(generation), {
        signal,
        retryable: (error) => generation === this.#generation && (mayPass(error) || HELD.has(codeOf(error))),
        onFailure: (err, attempt, delayMs) => {
          if (HELD.has(codeOf(err))) this.#hold(partition, err);
          else log.warn({ err, attempt, delayMs }, 'partition not taken over yet');
        },
      });
    } catch (error) {
      this.#failUnlessPassing(error);
    }
  }

  async #process(batch: PartitionBatch): Promise<void> {
    try {
      await this.#worker(batch.partition).process(batch);
    } catch (error) {
      if (HELD.has(codeOf(error))) {
        // From where it stood: what comes of the batch is not done.
        if (batch.isCurrent()) this.#hold(batch.partition, error, batch.fetchedFrom);
        return;
      }
      this.#failUnlessPassing(error);
      throw error;
    }
  }

  #hold(partition: number, error: unknown, from?: bigint): void {
    this.#consumer.hold(this.#ports.topics.streamEvents, partition, error, from);
  }

  #failUnlessPassing(error: unknown): void {
    if (!mayPass(error) && !HELD.has(codeOf(error))) this.#ports.fail(error);
  }

  #worker(partition: number): PartitionWorker {
    let worker = this.#workers.get(partition);
    if (worker === undefined) {
      const { kafka, transactionalId, ...ports } = this.#ports;
      const { codec, topics, rules, signal } = ports;
      const writer = new TransactionalWriter(kafka, transactionalId(partition));
      const found = (): Promise<FoundPartition> => findPartition(kafka, topics.streamEvents, partition);
      const standing = (): Promise<StandingRoots> =>
        readStandingRoots(kafka, codec, topics.roots, partition, rules.schedule, signal);
      const snapshotRecords = (at: number, place: SnapshotPlace): Promise<KafkaRecord[]> =>
        readSnapshot(kafka, topics.processorState, at, place, signal);
      worker = new PartitionWorker(
        { ...ports, consumer: this.#consumer, writer, found, standing, snapshotRecords, isSnapshotDue },
        partition,
      );
      this.#workers.set(partition, worker);
    }
    return worker;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#consumer.stop();
    await Promise.all([...this.#workers.values()].map((worker) => worker.close()));
    this.#workers.clear();
  }
}
