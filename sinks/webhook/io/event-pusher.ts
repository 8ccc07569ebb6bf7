/** Pushes the events of a partition in order, waits as long as it takes, and commits behind what was taken. */

import { setTimeout as delay } from 'node:timers/promises';
import { type AnswerVerdict, judgeAnswer } from '../../../domain/answer-verdict.ts';
import { legacyLine } from '../../../domain/legacy-line.ts';
import { backoffMs } from '../../../runtime/backoff.ts';
import { AppError, codeOf, messageOf } from '../../../runtime/errors.ts';
import type { Holds } from '../../../runtime/holds.ts';
import type { RecordCodec } from '../../../runtime/kafka/codec.ts';
import type { PartitionBatch } from '../../../runtime/kafka/consumer.ts';
import { deadLetter } from '../../../runtime/kafka/dead-letters.ts';
import { partitionSubject } from '../../../runtime/kafka/held-partitions.ts';
import type { RecordSender } from '../../../runtime/kafka/producer.ts';
import type { KafkaRecord } from '../../../runtime/kafka/records.ts';
import type { Logger } from '../../../runtime/logging.ts';
import type { StreamEvent } from '../../../schemas/records.ts';
import { RecentEventIds, skipReason } from '../core/selection.ts';
import type { AggregatorClient } from './aggregator-client.ts';
import type { WebhookMetrics } from './webhook-metrics.ts';

export interface EventPusherOptions {
  readonly codec: RecordCodec;
  readonly producer: RecordSender;
  readonly client: Pick<AggregatorClient, 'push'>;
  readonly metrics: WebhookMetrics;
  readonly log: Logger;
  readonly role: string;
  /** Of the events. */
  readonly topic: string;
  readonly holds: Holds;
  readonly deadLetterTopic: string;
  readonly maxBackoffMs: number;
  readonly signal: AbortSignal;
  commit(topic: string, partition: number, offset: bigint): Promise<void>;
}

/** Event ids remembered a partition. */
const REMEMBERED = 50_000;
const FIRST_BACKOFF_MS = 250;
/** Membership is kept alive this often during a pause. */
const HEARTBEAT_MS = 1000;
const COMMIT_EVERY_MS = 1000;

export class EventPusher {
  readonly #options: EventPusherOptions;
  readonly #recent = new Map<number, RecentEventIds>();
  readonly #underWay = new Set<Promise<void>>();
  #answering = true;

  constructor(options: EventPusherOptions) {
    this.#options = options;
  }

  /** Whether the aggregator answered the last push in a way that lets the stream go on. */
  get answering(): boolean {
    return this.#answering;
  }

  /** Forgets what was pushed: another member may have pushed on meanwhile. */
  reset(): void {
    // Partitions that were handed away are held by nobody here.
    for (const partition of this.#recent.keys())
      this.#options.holds.release(partitionSubject(this.#options.topic, partition));
    this.#recent.clear();
  }

  /** Resolves when the pushes under way have ended and are committed; none begins after the signal. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  /** @throws when the group rebalances, or broker or registry do not answer: the batch comes again. */
  async push(batch: PartitionBatch): Promise<void> {
    const work = this.#pushAll(batch);
    this.#underWay.add(work);
    try {
      await work;
    } finally {
      this.#underWay.delete(work);
    }
  }

  async #pushAll(batch: PartitionBatch): Promise<void> {
    const { codec, metrics } = this.#options;
    const { topic, partition, messages } = batch;
    await codec.prepare(messages.map(({ value }) => value));
    let finished: bigint | undefined;
    let committedAtMs = Date.now();
    for (const [index, message] of messages.entries()) {
      if (this.#options.signal.aborted || !batch.isCurrent() || !(await this.#handle(batch, message))) break;
      const following = messages[index + 1]?.offset;
      finished = following === undefined ? batch.nextOffset : BigInt(following);
      if (Date.now() - committedAtMs < COMMIT_EVERY_MS) continue;
      await this.#options.commit(topic, partition, finished);
      await batch.heartbeat();
      committedAtMs = Date.now();
    }
    // After a rebalance the partition may be another member's.
    if (finished !== undefined && batch.isCurrent()) await this.#options.commit(topic, partition, finished);
    metrics.lag.set({ partition: String(partition) }, Number(batch.lag));
  }

  /** Returns false when the record is not finished: the partition is lost, or the role stops. */
  async #handle(batch: PartitionBatch, message: KafkaRecord): Promise<boolean> {
    const event = await this.#eventOf(batch, message);
    return event === undefined || this.#pushEvent(batch, message, event);
  }

  /** The event to push; undefined for what is not pushed. */
  async #eventOf(batch: PartitionBatch, message: KafkaRecord): Promise<StreamEvent | undefined> {
    const { codec, metrics } = this.#options;
    try {
      const decoded = codec.decode(message.value);
      if (decoded.name !== 'StreamEvent') return undefined;
      const reason = skipReason(decoded.value, this.#recentOf(batch.partition));
      if (reason === undefined) return decoded.value;
      metrics.skipped.inc({ reason });
      return undefined;
    } catch (error) {
      if (!(error instanceof AppError) || error.retryable) throw error;
      await this.#putAside(batch, message, error);
      return undefined;
    }
  }

  async #pushEvent(batch: PartitionBatch, message: KafkaRecord, event: StreamEvent): Promise<boolean> {
    const { metrics, maxBackoffMs, log, signal } = this.#options;
    const where = { partition: batch.partition, offset: message.offset, signature: event.signature, slot: event.slot };
    for (let attempt = 1; batch.isCurrent() && !signal.aborted; attempt += 1) {
      const verdict = await this.#tryOnce(event);
      this.#answering = verdict.kind === 'taken' || verdict.kind === 'refused';
      this.#tell(batch.partition, verdict);
      if (verdict.kind === 'taken') {
        metrics.pushed.inc();
        this.#recentOf(batch.partition).add(event.eventId);
        return true;
      }
      if (verdict.kind === 'refused') {
        const text = `The aggregator refused the event ${event.eventId}: ${verdict.reason}.`;
        await this.#putAside(batch, message, new AppError('AGGREGATOR_REFUSED', text));
        return true;
      }
      metrics.retries.inc({ reason: verdict.reason });
      const afterMs = verdict.kind === 'retry' ? verdict.afterMs : undefined;
      const pauseMs = afterMs ?? backoffMs(attempt, FIRST_BACKOFF_MS, maxBackoffMs);
      log.warn({ ...where, attempt, pauseMs, reason: verdict.reason, err: verdict.error }, 'push failed; trying again');
      await this.#pause(batch, pauseMs);
    }
    return false;
  }

  async #tryOnce(event: StreamEvent): Promise<AnswerVerdict & { error?: unknown }> {
    const endTimer = this.#options.metrics.pushSeconds.startTimer();
    try {
      return judgeAnswer(await this.#options.client.push(event.eventId, legacyLine(event)), Date.now());
    } catch (error) {
      const reason = error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'no_connection';
      return { kind: 'retry', reason, afterMs: undefined, error };
    } finally {
      endTimer();
    }
  }

  /** A sender that is set up wrongly holds its partition, whatever is in it. */
  #tell(partition: number, verdict: AnswerVerdict): void {
    const { holds, topic } = this.#options;
    const subject = partitionSubject(topic, partition);
    if (verdict.kind === 'taken' || verdict.kind === 'refused') holds.release(subject);
    if (verdict.kind !== 'misconfigured') return;
    holds.hold(
      subject,
      new AppError(
        'AGGREGATOR_MISCONFIGURED',
        `The aggregator answers ${verdict.reason.replace('_', ' ')} to every push, which no event can mend: check AGGREGATOR_URL and AGGREGATOR_TOKEN. Nothing is skipped; the push is tried again.`,
      ),
      { partition },
    );
  }

  async #pause(batch: PartitionBatch, pauseMs: number): Promise<void> {
    const endMs = Date.now() + pauseMs;
    while (batch.isCurrent() && Date.now() < endMs) {
      const sliceMs = Math.min(HEARTBEAT_MS, endMs - Date.now());
      await delay(sliceMs, undefined, { signal: this.#options.signal }).catch(() => undefined);
      if (this.#options.signal.aborted) return;
      await batch.heartbeat();
    }
  }

  async #putAside(batch: PartitionBatch, message: KafkaRecord, error: unknown): Promise<void> {
    const { producer, deadLetterTopic, role, metrics, log } = this.#options;
    const { topic, partition } = batch;
    const origin = { topic, partition, offset: message.offset };
    await producer.send([deadLetter(deadLetterTopic, origin, message, error, role)]);
    metrics.deadLetters.inc({ code: codeOf(error) });
    log.error({ ...origin, code: codeOf(error), reason: messageOf(error) }, 'put to the dead letters');
  }

  #recentOf(partition: number): RecentEventIds {
    let recent = this.#recent.get(partition);
    if (recent === undefined) this.#recent.set(partition, (recent = new RecentEventIds(REMEMBERED)));
    return recent;
  }
}
