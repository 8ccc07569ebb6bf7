/** What Kafka says about the partitions of a topic. */

import { withAdmin } from '../../../runtime/kafka/admin.ts';
import type { KafkaClient } from '../../../runtime/kafka/client.ts';
import { describeTopics } from '../../../runtime/kafka/describe-topics.ts';
import type { FoundPartition } from '../core/position-fault.ts';

export class PartitionFacts {
  readonly #kafka: KafkaClient;
  readonly #asked = new Map<string, Promise<Map<number, FoundPartition>>>();

  constructor(kafka: KafkaClient) {
    this.#kafka = kafka;
  }

  /** By partition. Who asks while the same question is under way gets its answer. */
  of(topic: string): Promise<Map<number, FoundPartition>> {
    const asked = this.#asked.get(topic) ?? this.#ask(topic).finally(() => this.#asked.delete(topic));
    this.#asked.set(topic, asked);
    return asked;
  }

  async #ask(topic: string): Promise<Map<number, FoundPartition>> {
    // The id first: bounds of a topic that is made anew in between are then held against the former one's id.
    const topicId = (await describeTopics(this.#kafka, [topic])).get(topic)?.id;
    const bounds = await withAdmin(this.#kafka, (admin) => admin.bounds(topic));
    return new Map(
      [...bounds].map(([partition, { low, high }]) => [
        partition,
        { topic, partition, topicId, low: Number(low), high: Number(high) },
      ]),
    );
  }
}
