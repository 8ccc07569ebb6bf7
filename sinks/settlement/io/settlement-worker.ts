/** One member of the group ao-settlement: partitions in, ledger read, steps taken, offsets committed. */

import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from '../../../runtime/errors.ts';
import type { Holds } from '../../../runtime/holds.ts';
import type { KafkaClient } from '../../../runtime/kafka/client.ts';
import type { RecordCodec } from '../../../runtime/kafka/codec.ts';
import { GroupConsumer, type PartitionBatch } from '../../../runtime/kafka/consumer.ts';
import type { RecordSender } from '../../../runtime/kafka/producer.ts';
import type { TopicNames } from '../../../runtime/kafka/topics.ts';
import type { Logger } from '../../../runtime/logging.ts';
import { waitingFor } from '../../../runtime/wait-for.ts';
import { ledgerFromOf } from '../core/lane.ts';
import { LedgerFold } from '../core/ledger-history.ts';
import type { OffsetCommitter, SettlerPorts } from '../core/ports.ts';
import type { SettlerSettings } from '../core/settings.ts';
import { Settler } from '../core/settler.ts';
import type { LedgerTopic } from './ledger-topic.ts';
import { readRoots } from './roots-archive.ts';
import { takeIn } from './roots-intake.ts';

export interface SettlementWorkerOptions {
  readonly kafka: KafkaClient;
  readonly producer: RecordSender;
  readonly codec: RecordCodec;
  readonly topics: TopicNames;
  readonly groupId: string;
  readonly role: string;
  readonly ledger: LedgerTopic;
  readonly settings: SettlerSettings;
  readonly queueLimit: number;
  readonly ports: Pick<SettlerPorts, 'chain' | 'evidence' | 'decisions' | 'notice' | 'transactions' | 'observe'>;
  readonly log: Logger;
  readonly holds: Holds;
  /** Ends waits of ledger and chain when a graceful stop takes too long. */
  readonly hurry: AbortController;
  /** For what only a restart can mend. */
  fail(error: unknown): void;
}

/** Shortest and longest pause between two steps. */
const MIN_PAUSE_MS = 20;
const MAX_PAUSE_MS = 1000;
/** How long a stop waits for the publication under way, before it cuts the calls. */
const DRAIN_MS = 2000;
/** A small batch keeps the queue close to its limit. */
const MAX_BYTES_A_FETCH = 262_144;

export class SettlementWorker implements OffsetCommitter {
  readonly settler: Settler;
  readonly consumer: GroupConsumer;
  readonly #options: SettlementWorkerOptions;
  readonly #paused = new Set<number>();
  readonly #unread = new Map<number, bigint>();
  readonly #stop = new AbortController();
  #generation = 0;
  #wake = Promise.withResolvers<undefined>();
  #loop: Promise<void> | undefined;

  constructor(options: SettlementWorkerOptions) {
    this.#options = options;
    const ports = {
      ...options.ports,
      ledger: options.ledger,
      offsets: this,
      now: () => Date.now(),
    };
    this.settler = new Settler(ports, options.settings);
    this.consumer = new GroupConsumer({
      kafka: options.kafka,
      groupId: options.groupId,
      topics: [options.topics.roots],
      log: options.log,
      holds: options.holds,
      codec: options.codec,
      maxBytesPerPartition: MAX_BYTES_A_FETCH,
      onBatch: (batch) => this.#onBatch(batch),
      onAssigned: (assignment, generation) => this.#onAssigned(assignment[options.topics.roots] ?? [], generation),
    });
  }

  async start(): Promise<void> {
    await this.consumer.start();
    this.#loop = this.#run();
  }

  /** Lets the step under way end, then hands the partitions back. */
  async stop(): Promise<void> {
    this.settler.drain();
    this.#stop.abort();
    this.#wake.resolve(undefined);
    const timer = setTimeout(() => this.#options.hurry.abort(new Error('the role stops')), DRAIN_MS);
    await this.#loop;
    clearTimeout(timer);
    this.#options.hurry.abort(new Error('the role stops'));
    await this.consumer.stop();
  }

  /** Somebody has decided about a channel. */
  decided(channel: string): void {
    this.settler.decided(channel);
    this.#wake.resolve(undefined);
  }

  /** Somebody says that a transaction is final. */
  noticed(signature: string): void {
    this.settler.noticed(signature);
    this.#wake.resolve(undefined);
  }

  owns(partition: number, generation: number): boolean {
    return generation === this.#generation && this.consumer.isJoined() && this.#options.ledger.holds(partition);
  }

  async commit(partition: number, offset: bigint, metadata: string): Promise<void> {
    await this.consumer.commit(this.#options.topics.roots, partition, offset, metadata);
  }

  /** Records after the last committed one, by partition. */
  lag(): Map<number, number> {
    return new Map(
      [...this.#unread].map(([partition, unread]) => [partition, Number(unread) + this.settler.queued(partition)]),
    );
  }

  /** A member that was paused learns of its new generation within a session; one that does not must begin anew. */
  lost(partition: number, error: unknown): void {
    const { log, fail, kafka } = this.#options;
    const generation = this.#generation;
    log.warn({ err: error, partition }, 'another worker has taken the ledger of the partition over');
    setTimeout(() => {
      if (generation === this.#generation && !this.#stop.signal.aborted) fail(error);
    }, kafka.settings.KAFKA_SESSION_TIMEOUT_MS).unref();
  }

  #onAssigned(partitions: readonly number[], generation: number): void {
    this.#generation = generation;
    this.settler.assign(partitions, generation);
    for (const partition of this.#paused) this.consumer.resume(this.#options.topics.roots, partition);
    this.#paused.clear();
    this.#unread.clear();
    void this.#loadLedger(partitions, generation).catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.#options.fail(error);
    });
  }

  /** Reads what former workers wrote. Nothing is sent before that. */
  async #loadLedger(partitions: readonly number[], generation: number): Promise<void> {
    const { kafka, codec, ledger, log, topics, holds } = this.#options;
    await waitingFor(
      log,
      this.#stop.signal,
      holds,
    )('the ledger', async () => {
      if (generation !== this.#generation) return;
      const committed = await this.consumer.committed(topics.roots);
      const folds = new Map(
        partitions.map((partition) => {
          const from = ledgerFromOf(committed.get(partition)?.metadata ?? '') ?? 0n;
          return [partition, new LedgerFold(partition, from)];
        }),
      );
      await ledger.take(partitions);
      const ends = await ledger.read(partitions, (row, partition) => folds.get(partition)?.add(row));
      await readRoots({ kafka, codec, topic: topics.roots, partitions, signal: this.#stop.signal }, (root, partition) =>
        folds.get(partition)?.published.noteSlots(root, root),
      );
      for (const [partition, fold] of folds) {
        this.settler.load(partition, generation, fold.history(ends.get(partition) ?? 0n));
        log.info({ partition, rows: String(ends.get(partition)) }, 'ledger read');
      }
      this.#wake.resolve(undefined);
    });
  }

  async #onBatch(batch: PartitionBatch): Promise<void> {
    const { codec, producer, topics, role, log, queueLimit } = this.#options;
    const { partition, generation } = batch;
    await takeIn(batch, {
      codec,
      producer,
      deadLetterTopic: topics.deadLetters,
      role,
      onRoot: (root) => {
        if (generation === this.#generation) this.settler.enqueue(root);
      },
      onDeadLetter: (_partition, offset, nextOffset, error) => {
        log.error({ err: error, code: codeOf(error), partition, offset: offset.toString() }, 'put to the dead letters');
        if (generation === this.#generation) this.settler.passOver(partition, offset, nextOffset);
      },
    });
    this.#unread.set(partition, batch.lag);
    if (this.settler.queued(partition) >= queueLimit && batch.isCurrent()) {
      this.#paused.add(partition);
      this.consumer.pause(topics.roots, partition);
      log.warn({ partition, queued: this.settler.queued(partition) }, 'queue full, partition paused');
    }
    this.#wake.resolve(undefined);
  }

  async #run(): Promise<void> {
    const { log, fail } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.settler.step();
      } catch (error) {
        if (signal.aborted) {
          log.warn({ err: error }, 'the last step was cut short; the next worker goes on from the ledger');
          return;
        }
        log.error({ err: error }, 'the worker failed');
        fail(error);
        return;
      }
      this.#resumeDrained();
      await this.#pause();
    }
  }

  async #pause(): Promise<void> {
    const { signal } = this.#stop;
    await delay(MIN_PAUSE_MS, undefined, { signal }).catch(() => undefined);
    const pauseMs = Math.min(MAX_PAUSE_MS, this.settler.nextWakeMs - Date.now());
    if (pauseMs <= 0 || signal.aborted) return;
    const timer = new AbortController();
    const timeout = delay(pauseMs, undefined, { signal: AbortSignal.any([timer.signal, signal]) }).catch(
      () => undefined,
    );
    await Promise.race([timeout, this.#wake.promise]);
    timer.abort();
    this.#wake = Promise.withResolvers<undefined>();
  }

  #resumeDrained(): void {
    const { topics, queueLimit } = this.#options;
    for (const partition of this.#paused) {
      if (this.settler.queued(partition) > queueLimit / 2) continue;
      this.#paused.delete(partition);
      this.consumer.resume(topics.roots, partition);
    }
  }
}
