/** The first step of every role: topics as declared, and watched from then on, schemas registered. */

import type { WaitFor } from '../wait-for.ts';
import type { KafkaClient, KafkaSettings } from './client.ts';
import { RecordCodec } from './codec.ts';
import { type TopicWatchOptions, watchTopics } from './topic-watch.ts';
import { ensureTopics, type TopicNames } from './topics.ts';

export interface ConnectedTopics {
  readonly topics: TopicNames;
  readonly codec: RecordCodec;
}

/**
 * Waits for Kafka and the schema registry.
 * @param watch Told when a topic changes under the running role.
 * @throws AppError PARTITIONS_CHANGED, TOPIC_UNSAFE, SCHEMA_INCOMPATIBLE: the role must not start.
 */
export async function connectTopics(
  kafka: KafkaClient,
  settings: KafkaSettings,
  waitFor: WaitFor,
  watch?: TopicWatchOptions,
): Promise<ConnectedTopics> {
  const topics = await waitFor('Kafka', () => ensureTopics(kafka, settings));
  if (watch !== undefined) void watchTopics(kafka, topics, watch);
  const codec = await waitFor('the schema registry', () => RecordCodec.connect(settings));
  return { topics, codec };
}
