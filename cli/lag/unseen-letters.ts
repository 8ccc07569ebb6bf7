/** Dead letters that nobody has marked as seen, by error code: the topic is followed, so that asking costs no reading. */

import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaAdmin } from '../../runtime/kafka/admin.ts';
import type { KafkaClient } from '../../runtime/kafka/client.ts';
import { DEAD_LETTER_HEADERS } from '../../runtime/kafka/dead-letters.ts';
import { seenOffsets } from '../../runtime/kafka/seen-letters.ts';
import { followTopic, type TopicFollower } from '../../runtime/kafka/topic-reader.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';

/** Code of letters that are there and could not be read in time. */
export const NOT_READ = 'NOT_READ';
/** Counted also while there are none, so that an alarm of it is never without a number. */
const ALWAYS_TOLD = 'LATE_EVENT';
const CATCH_UP_MS = 2000;

interface Letter {
  readonly offset: bigint;
  readonly code: string;
}

export class UnseenLetters {
  readonly #kafka: KafkaClient;
  readonly #admin: KafkaAdmin;
  /** By partition, in offset order. */
  readonly #letters = new Map<number, Letter[]>();
  #follower: TopicFollower | undefined;

  constructor(kafka: KafkaClient, admin: KafkaAdmin) {
    this.#kafka = kafka;
    this.#admin = admin;
  }

  /** @throws what Kafka answers: unknown is not none. */
  async count(): Promise<Map<string, number>> {
    const follower = await this.#follow();
    const caughtUp = await Promise.race([follower.caughtUp().then(() => true), delay(CATCH_UP_MS, false)]);
    const seen = await seenOffsets(this.#kafka, this.#admin);
    const counts = new Map([[ALWAYS_TOLD, 0]]);
    for (const [partition, letters] of this.#letters) {
      const from = seen.get(partition) ?? 0n;
      const unseen = letters.filter(({ offset }) => offset >= from);
      this.#letters.set(partition, unseen);
      for (const { code } of unseen) counts.set(code, (counts.get(code) ?? 0) + 1);
    }
    if (!caughtUp) counts.set(NOT_READ, 1);
    return counts;
  }

  async stop(): Promise<void> {
    await this.#follower?.stop();
  }

  /** Begins where nothing was seen yet; begins again when a reading has ended, for whatever reason. */
  async #follow(): Promise<TopicFollower> {
    if (this.#follower !== undefined) return this.#follower;
    this.#letters.clear();
    const follower = await followTopic({
      kafka: this.#kafka,
      topic: topicNames(this.#kafka.settings).deadLetters,
      from: await seenOffsets(this.#kafka, this.#admin),
      onRecords: (records, partition) => {
        const letters = this.#letters.get(partition) ?? [];
        const last = letters.at(-1)?.offset ?? -1n;
        for (const { offset, headers } of records) {
          const code = headers?.[DEAD_LETTER_HEADERS.code]?.toString() ?? 'UNKNOWN';
          if (BigInt(offset) > last) letters.push({ offset: BigInt(offset), code });
        }
        this.#letters.set(partition, letters);
      },
    });
    this.#follower = follower;
    const forget = (): void => {
      this.#follower = undefined;
    };
    follower.ended.then(forget, forget);
    return follower;
  }
}
