/** Where this member stands in its partitions. The database decides; Kafka's committed offset follows it. */

import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../../../runtime/backoff.ts';
import { codeOf, messageOf } from '../../../runtime/errors.ts';
import type { GroupConsumer, PartitionBatch } from '../../../runtime/kafka/consumer.ts';
import { isReplay } from '../../../runtime/kafka/replay-mark.ts';
import type { Logger } from '../../../runtime/logging.ts';
import type { Pool } from '../../../runtime/postgres/pool.ts';
import { readPosition } from './read-position.ts';
import { setPosition } from './set-position.ts';

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly generation: number;
}
type FetchedBatch = Place & Pick<PartitionBatch, 'fetchedFrom'>;

interface Position {
  readonly generation: number;
  readonly next: number;
}

export class PartitionPositions {
  readonly #pool: Pool;
  readonly #consumer: Pick<GroupConsumer, 'committed' | 'earliest' | 'seek'>;
  readonly #log: Logger;
  readonly #known = new Map<string, Position>();
  readonly #opening = new Map<string, Promise<number>>();
  #generation = 0;

  constructor(pool: Pool, consumer: Pick<GroupConsumer, 'committed' | 'earliest' | 'seek'>, log: Logger) {
    this.#pool = pool;
    this.#consumer = consumer;
    this.#log = log;
  }

  /**
   * Goes to where the database stands in every assigned partition, also in those that have nothing new to fetch: the
   * database may be an older copy. Tries until it is done or the assignment is over.
   */
  async assigned(
    assignment: Readonly<Record<string, readonly number[]>>,
    generation: number,
    signal: AbortSignal,
  ): Promise<void> {
    this.#generation = generation;
    for (let attempt = 1; generation === this.#generation && !signal.aborted; attempt += 1) {
      try {
        for (const [topic, partitions] of Object.entries(assignment)) {
          const committed = await this.#consumer.committed(topic);
          for (const partition of partitions) {
            const place = { topic, partition, generation };
            const next = await this.#open(place);
            const fetchesFrom = committed.get(partition)?.offset ?? 0n;
            if (generation === this.#generation && fetchesFrom > BigInt(next)) this.#seek(place, next);
          }
        }
        return;
      } catch (error) {
        const delayMs = backoffMs(attempt, 100, 5000);
        this.#log.warn({ err: error, code: codeOf(error), attempt, delayMs }, 'waiting for the positions');
        await delay(delayMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Position before a batch; undefined when records before the batch are missing and are fetched instead. */
  async before(batch: FetchedBatch): Promise<number | undefined> {
    const next = await this.#open(batch);
    if (batch.fetchedFrom <= BigInt(next)) return next;
    const earliest = (await this.#consumer.earliest(batch.topic)).get(batch.partition) ?? 0n;
    if (earliest <= BigInt(next)) {
      this.#seek(batch, next);
      return undefined;
    }
    const lost = { topic: batch.topic, partition: batch.partition, fromOffset: next, toOffset: Number(earliest) };
    this.#log.error(lost, 'the topic no longer holds records that the database misses; its rows are incomplete');
    await setPosition(this.#pool, batch.topic, batch.partition, Number(earliest));
    this.after(batch, Number(earliest));
    return this.before(batch);
  }

  /** Notes the position after a batch that was written. */
  after(place: Place, next: number): void {
    this.#known.set(keyOf(place), { generation: place.generation, next });
  }

  /** Reads the position again and goes there, after another member moved it. */
  async again(place: Place, error: unknown): Promise<void> {
    const next = await readPosition(this.#pool, place.topic, place.partition);
    this.#log.warn({ topic: place.topic, partition: place.partition, reason: messageOf(error) }, 'position moved');
    this.after(place, next);
    this.#seek(place, next);
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

  async #find({ topic, partition }: Place): Promise<number> {
    const committed = (await this.#consumer.committed(topic)).get(partition);
    if (committed?.offset === undefined || !isReplay(committed.metadata)) {
      return readPosition(this.#pool, topic, partition);
    }
    const next = Number(committed.offset);
    await setPosition(this.#pool, topic, partition, next);
    this.#log.warn({ topic, partition, offset: next, replay: committed.metadata }, 'replaying');
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
