/** One batch of any of the three topics, from Kafka to committed rows. The one place that decides: retry, dead letter, or seek. */

import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../../../runtime/backoff.ts';
import { AppError, codeOf } from '../../../runtime/errors.ts';
import type { RecordCodec } from '../../../runtime/kafka/codec.ts';
import type { GroupConsumer, PartitionBatch } from '../../../runtime/kafka/consumer.ts';
import type { RecordSender } from '../../../runtime/kafka/producer.ts';
import type { Logger } from '../../../runtime/logging.ts';
import { processed } from '../../../runtime/tracing/record-spans.ts';
import type { SinkMetrics } from './metrics.ts';
import type { PartitionPositions } from './partition-positions.ts';
import type { PreparedWrite, TopicWriter } from './topic-writers.ts';

export interface BatchIntakeOptions {
  readonly writers: ReadonlyMap<string, TopicWriter>;
  readonly codec: RecordCodec;
  readonly producer: RecordSender;
  readonly positions: PartitionPositions;
  readonly consumer: Pick<GroupConsumer, 'commit'>;
  readonly metrics: SinkMetrics;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Told after each commit. */
  onWritten(topic: string): void;
}

/** Longest pause between attempts: the group's session must not run out meanwhile. */
const MAX_DELAY_MS = 5000;
const HEARTBEAT_MS = 5000;

export class BatchIntake {
  readonly #options: BatchIntakeOptions;
  #healthy = true;

  constructor(options: BatchIntakeOptions) {
    this.#options = options;
  }

  /** False while the last attempt of a batch has failed. */
  get healthy(): boolean {
    return this.#healthy;
  }

  /** Takes a batch in, trying until it is done or the partition is not ours any more. */
  async take(batch: PartitionBatch): Promise<void> {
    const { metrics, log, signal } = this.#options;
    const { topic, partition } = batch;
    const work = new BatchWork(batch, this.#options);
    const sinceMs = Date.now();
    const end = metrics.batchSeconds.startTimer({ topic });
    for (let attempt = 1; batch.isCurrent(); attempt += 1) {
      try {
        await beating(batch, () => work.attempt());
        this.#healthy = true;
        break;
      } catch (error) {
        this.#healthy = false;
        metrics.retries.inc({ topic });
        const delayMs = backoffMs(attempt, 100, MAX_DELAY_MS);
        log.error(
          { err: error, code: codeOf(error), topic, partition, attempt, delayMs },
          'a batch failed, trying again',
        );
        await delay(delayMs, undefined, { signal }).catch(() => undefined);
        if (batch.isCurrent()) await batch.heartbeat();
      }
    }
    if (!work.done) return;
    end();
    const oldestMs = Number(batch.messages[0]?.timestamp ?? sinceMs);
    metrics.recordToRowSeconds.observe({ topic }, Math.max(0, Date.now() - oldestMs) / 1000);
    processed(topic, partition, batch.messages, sinceMs);
    metrics.lag.set({ topic, partition }, Number(batch.lag));
    await work.commit();
  }
}

/** Keeps the membership while a transaction takes long. A refusal shows at the next heartbeat of the loop. */
async function beating(batch: PartitionBatch, work: () => Promise<void>): Promise<void> {
  const timer = setInterval(() => void batch.heartbeat().catch(() => undefined), HEARTBEAT_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
}

/** The steps of a batch; a step that is done is not done again by the next attempt. */
class BatchWork {
  readonly #batch: PartitionBatch;
  readonly #options: BatchIntakeOptions;
  #write: PreparedWrite | undefined;
  #next: number | undefined;
  done = false;

  constructor(batch: PartitionBatch, options: BatchIntakeOptions) {
    this.#batch = batch;
    this.#options = options;
  }

  async attempt(): Promise<void> {
    const batch = this.#batch;
    const { positions } = this.#options;
    const expected = await positions.before(batch);
    if (expected === undefined) return;
    const next = Math.max(expected, Number(batch.nextOffset));
    this.#write ??= await this.#prepare(expected);
    if (!batch.isCurrent()) return;
    try {
      if (next > expected) await this.#write.run({ topic: batch.topic, partition: batch.partition, expected, next });
    } catch (error) {
      if (codeOf(error) !== 'POSITION_MOVED') throw error;
      await positions.again(batch, error);
      return;
    }
    positions.after(batch, next);
    this.#next = next;
    this.done = true;
    this.#options.onWritten(batch.topic);
  }

  async #prepare(expected: number): Promise<PreparedWrite> {
    const { writers, codec, producer, metrics, log } = this.#options;
    const { topic, partition } = this.#batch;
    const writer = writers.get(topic);
    if (writer === undefined) throw new AppError('UNEXPECTED', `The sink does not read ${topic}.`);
    const messages = this.#batch.messages.filter(({ offset }) => Number(offset) >= expected);
    const write = await writer.prepare(this.#batch, messages, codec);
    await producer.send(write.deadLetters);
    for (const { headers } of write.deadLetters) log.error({ topic, partition, headers }, 'dead letter');
    metrics.records.inc({ topic, outcome: 'dead_letter' }, write.deadLetters.length);
    metrics.records.inc({ topic, outcome: 'written' }, messages.length - write.deadLetters.length);
    return write;
  }

  /** Tells the group. The database has the truth already: a refusal makes the batch come again, and be skipped. */
  async commit(): Promise<void> {
    const { topic, partition } = this.#batch;
    await this.#options.consumer.commit(topic, partition, BigInt(this.#next ?? 0));
  }
}
