/** Where this member stands in its partitions. The database decides; Kafka's committed offset follows it. */

import { messageOf } from '../../../runtime/errors.ts';
import type { GroupConsumer, PartitionBatch } from '../../../runtime/kafka/consumer.ts';
import type { Logger } from '../../../runtime/logging.ts';
import type { Pool } from '../../../runtime/postgres/pool.ts';
import { readPosition } from './read-position.ts';
import { setPosition } from './set-position.ts';

/** Metadata that an operator's replay commits with the offset: then Kafka's offset decides. */
export const REPLAY_METADATA = 'replay:';

type PlaceOfBatch = Pick<PartitionBatch, 'topic' | 'partition' | 'generation' | 'nextOffset'>;
type Offsets = Pick<GroupConsumer, 'committed' | 'seek'>;

export class PartitionPositions {
  readonly #pool: Pool;
  readonly #consumer: Offsets;
  readonly #log: Logger;
  readonly #known = new Map<string, { generation: number; next: number }>();

  constructor(pool: Pool, consumer: Offsets, log: Logger) {
    this.#pool = pool;
    this.#consumer = consumer;
    this.#log = log;
  }

  /** Position before a batch; undefined when the partition was sought elsewhere and the batch must be left alone. */
  async before(batch: PlaceOfBatch): Promise<number | undefined> {
    const known = this.#known.get(keyOf(batch));
    if (known?.generation === batch.generation) return known.next;
    const { topic, partition } = batch;
    const committed = (await this.#consumer.committed(topic)).get(partition);
    if (committed?.offset !== undefined && committed.metadata.startsWith(REPLAY_METADATA)) {
      const next = Number(committed.offset);
      await setPosition(this.#pool, topic, partition, next);
      this.#log.warn({ topic, partition, offset: next, replay: committed.metadata }, 'replaying');
      this.after(batch, next);
      return next;
    }
    const next = await readPosition(this.#pool, topic, partition);
    this.after(batch, next);
    const fetchedFrom = committed?.offset ?? 0n;
    if (fetchedFrom <= BigInt(next) && BigInt(next) <= batch.nextOffset) return next;
    this.#seek(batch, next, 'the database stands elsewhere than the group');
    return undefined;
  }

  /** Notes the position after a batch that was written. */
  after(batch: PlaceOfBatch, next: number): void {
    this.#known.set(keyOf(batch), { generation: batch.generation, next });
  }

  /** Reads the position again and goes there, after another member moved it. */
  async again(batch: PlaceOfBatch, error: unknown): Promise<void> {
    const next = await readPosition(this.#pool, batch.topic, batch.partition);
    this.after(batch, next);
    this.#seek(batch, next, messageOf(error));
  }

  #seek(batch: PlaceOfBatch, next: number, reason: string): void {
    this.#log.warn({ topic: batch.topic, partition: batch.partition, offset: next, reason }, 'reading on elsewhere');
    this.#consumer.seek(batch.topic, batch.partition, BigInt(next));
  }
}

function keyOf(batch: PlaceOfBatch): string {
  return `${batch.topic}/${batch.partition}`;
}
