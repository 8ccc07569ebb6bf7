/** Keeps a DecisionBook up to date with ao.settlement-decisions.v1. While it cannot, the book says so and nothing is published. */

import { setTimeout as delay } from 'node:timers/promises';
import { AppError, messageOf } from '../../../runtime/errors.ts';
import type { Holds } from '../../../runtime/holds.ts';
import type { KafkaClient } from '../../../runtime/kafka/client.ts';
import type { RecordCodec } from '../../../runtime/kafka/codec.ts';
import type { KafkaRecord } from '../../../runtime/kafka/records.ts';
import { followTopic, type TopicFollower } from '../../../runtime/kafka/topic-reader.ts';
import type { DecisionBook } from '../core/policy/decision-book.ts';

export interface DecisionsReaderOptions {
  readonly kafka: KafkaClient;
  readonly codec: RecordCodec;
  readonly topic: string;
  readonly book: DecisionBook;
  readonly holds: Holds;
  readonly signal: AbortSignal;
  /** Somebody has decided about this channel. */
  onDecision(channel: string): void;
}

const SUBJECT = 'decisions of people';
const RETRY_MS = 1000;

export class DecisionsReader {
  readonly #options: DecisionsReaderOptions;
  #follower: TopicFollower | undefined;

  constructor(options: DecisionsReaderOptions) {
    this.#options = options;
  }

  /** Resolves when all that stands on the topic is in the book. @throws what Kafka's client or the registry throws. */
  async start(): Promise<void> {
    const { kafka, topic, book, holds } = this.#options;
    await this.#follower?.stop();
    // Taking records in again, from the beginning, ends in the same book.
    const follower = await followTopic({ kafka, topic, onRecords: (records) => this.#take(records) });
    this.#follower = follower;
    void follower.ended.catch((error: unknown) => this.#lost(follower, error));
    // Rejects with what ended it before that.
    await Promise.race([follower.caughtUp(), follower.ended]);
    book.isCurrent = true;
    holds.release(SUBJECT);
  }

  async stop(): Promise<void> {
    const follower = this.#follower;
    this.#follower = undefined;
    await follower?.stop();
  }

  async #take(records: readonly KafkaRecord[]): Promise<void> {
    const { codec, book, onDecision } = this.#options;
    await codec.prepare(records.map(({ value }) => value));
    for (const { value } of records) {
      const { name, value: record } = codec.decode(value);
      if (name !== 'SettlementDecision') {
        throw new AppError('RECORD_UNEXPECTED', `A ${name} stands where only SettlementDecision belongs.`);
      }
      book.add(record);
      onDecision(record.channel);
    }
  }

  async #lost(follower: TopicFollower, error: unknown): Promise<void> {
    const { book, holds, signal, topic } = this.#options;
    if (follower !== this.#follower || signal.aborted) return;
    book.isCurrent = false;
    holds.hold(
      SUBJECT,
      new AppError(
        'POLICY_UNKNOWN',
        `The decisions on ${topic} cannot be read (${messageOf(error)}), so nothing is published: somebody may have held it. They are read again by themselves.`,
      ),
    );
    await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    if (follower !== this.#follower || signal.aborted) return;
    // Its end is told by the follower that it makes.
    await this.start().catch((again: unknown) => {
      if (this.#follower === follower) void this.#lost(follower, again);
    });
  }
}
