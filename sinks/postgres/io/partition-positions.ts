/** Where this member stands in its partitions. The database decides; Kafka's committed offset follows it. */

import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../../../runtime/backoff.ts';
import { AppError, codeOf, messageOf } from '../../../runtime/errors.ts';
import type { GroupConsumer, PartitionBatch } from '../../../runtime/kafka/consumer.ts';
import { isReplay } from '../../../runtime/kafka/replay-mark.ts';
import type { Logger } from '../../../runtime/logging.ts';
import type { Pool } from '../../../runtime/postgres/pool.ts';
import { positionFault } from '../core/position-fault.ts';
import type { PartitionFacts } from './partition-facts.ts';
import { readPosition } from './read-position.ts';
import { setPosition } from './set-position.ts';
import { setTopicId } from './set-topic-id.ts';

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly generation: number;
}
type FetchedBatch = Place & Pick<PartitionBatch, 'fetchedFrom' | 'messages'>;

interface Position {
  readonly generation: number;
  readonly next: number;
}

type Member = Pick<GroupConsumer, 'committed' | 'seek' | 'hold' | 'release'>;

export class PartitionPositions {
  readonly #pool: Pool;
  readonly #consumer: Member;
  readonly #facts: Pick<PartitionFacts, 'of'>;
  readonly #log: Logger;
  readonly #known = new Map<string, Position>();
  readonly #opening = new Map<string, Promise<number>>();
  #generation = 0;
  #soundGeneration: number | undefined;

  constructor(pool: Pool, consumer: Member, facts: Pick<PartitionFacts, 'of'>, log: Logger) {
    this.#pool = pool;
    this.#consumer = consumer;
    this.#facts = facts;
    this.#log = log;
  }

  /** Whether every assigned partition was looked at, and stands where the topic goes on. */
  get areSound(): boolean {
    return this.#soundGeneration === this.#generation;
  }

  /**
   * Goes to where the database stands in every assigned partition, also in those that have nothing new to fetch: the
   * database may be an older copy. Holds those whose position means nothing in the topic. Tries until all are sound or the
   * assignment is over.
   */
  async assigned(
    assignment: Readonly<Record<string, readonly number[]>>,
    generation: number,
    signal: AbortSignal,
  ): Promise<void> {
    this.#generation = generation;
    for (let attempt = 1; generation === this.#generation && !signal.aborted; attempt += 1) {
      let sound = true;
      try {
        for (const [topic, partitions] of Object.entries(assignment)) {
          const committed = await this.#consumer.committed(topic);
          for (const partition of partitions) {
            const place = { topic, partition, generation };
            const next = await this.#orHold(place, () => this.#open(place));
            const fetchesFrom = committed.get(partition)?.offset ?? 0n;
            if (next === undefined) sound = false;
            else if (generation === this.#generation && fetchesFrom > BigInt(next)) this.#seek(place, next);
          }
        }
        if (sound) {
          if (generation === this.#generation) this.#soundGeneration = generation;
          return;
        }
      } catch (error) {
        this.#log.warn({ err: error, code: codeOf(error), attempt }, 'waiting for the positions');
      }
      await delay(backoffMs(attempt, 100, 5000), undefined, { signal }).catch(() => undefined);
    }
  }

  /**
   * Position before a batch; undefined when the batch is not to be written: records before it are missing and are fetched
   * instead, or the partition is held.
   */
  async before(batch: FetchedBatch): Promise<number | undefined> {
    const next = await this.#orHold(batch, () => this.#open(batch), batch.fetchedFrom);
    if (next === undefined) return undefined;
    const first = Number(batch.messages[0]?.offset ?? batch.fetchedFrom);
    if (first >= next && batch.fetchedFrom <= BigInt(next)) return next;
    // Not what follows the last batch: a topic that was made anew looks the same as one that is read again.
    if ((await this.#orHold(batch, () => this.#verify(batch), batch.fetchedFrom)) === undefined) return undefined;
    if (batch.fetchedFrom <= BigInt(next)) return next;
    this.#seek(batch, next);
    return undefined;
  }

  /** Notes the position after a batch that was written. */
  after(place: Place, next: number): void {
    this.#known.set(keyOf(place), { generation: place.generation, next });
  }

  /** Reads the position again and goes there, after another member moved it. */
  async again(place: Place, error: unknown): Promise<void> {
    const { next } = await readPosition(this.#pool, place.topic, place.partition);
    this.#log.warn({ topic: place.topic, partition: place.partition, reason: messageOf(error) }, 'position moved');
    this.after(place, next);
    this.#seek(place, next);
  }

  /** @param from Where the held partition is fetched from when it is tried again; default: where it stands. */
  async #orHold(place: Place, find: () => Promise<number>, from?: bigint): Promise<number | undefined> {
    const { topic, partition, generation } = place;
    try {
      return await find();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#known.delete(keyOf(place));
      if (generation === this.#generation) this.#consumer.hold(topic, partition, error, from);
      return undefined;
    }
  }

  /** The position as this generation knows it, or, at first, as the database or a replay says. Asked once at a time. */
  async #open(place: Place): Promise<number> {
    const key = keyOf(place);
    const known = this.#known.get(key);
    if (known?.generation === place.generation) return known.next;
    const opening = this.#opening.get(key) ?? this.#find(place).finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    const next = await opening;
    if (this.#known.get(key)?.generation !== place.generation) this.after(place, next);
    return this.#open(place);
  }

  async #find(place: Place): Promise<number> {
    const { topic, partition } = place;
    const committed = (await this.#consumer.committed(topic)).get(partition);
    if (committed?.offset === undefined || !isReplay(committed.metadata)) return this.#verify(place);
    const next = await this.#verify(place, Number(committed.offset));
    await setPosition(this.#pool, topic, partition, next);
    this.#log.warn({ topic, partition, offset: next, replay: committed.metadata }, 'replaying');
    return next;
  }

  /**
   * @param wanted Position that an operator asks for; default: the stored one.
   * @throws AppError TOPIC_REPLACED, TOPIC_CUT, RECORDS_GONE: the position means nothing in the topic as it is.
   */
  async #verify({ topic, partition }: Place, wanted?: number): Promise<number> {
    const stored = await readPosition(this.#pool, topic, partition);
    const next = wanted ?? stored.next;
    const found = (await this.#facts.of(topic)).get(partition);
    if (found === undefined) throw new Error(`Kafka does not tell the bounds of ${topic}/${partition}`);
    const fault = positionFault({ ...stored, next }, found);
    if (fault !== undefined) throw fault;
    if (found.topicId !== undefined) await setTopicId(this.#pool, topic, partition, found.topicId);
    this.#consumer.release(topic, partition);
    return next;
  }

  #seek({ topic, partition }: Place, next: number): void {
    this.#log.warn({ topic, partition, offset: next }, 'reading on where the database stands');
    this.#consumer.seek(topic, partition, BigInt(next));
  }
}

function keyOf({ topic, partition }: Place): string {
  return `${topic}/${partition}`;
}
