/** The first step of every role: topics as declared, schemas registered. */

import type { WaitFor } from '../wait-for.ts';
import type { KafkaClient, KafkaSettings } from './client.ts';
import { RecordCodec } from './codec.ts';
import { ensureTopics, type TopicNames } from './topics.ts';

export interface ConnectedTopics {
  readonly topics: TopicNames;
  readonly codec: RecordCodec;
}

/**
 * Waits for Kafka and the schema registry.
 * @throws AppError PARTITIONS_CHANGED, SCHEMA_INCOMPATIBLE: the role must not start.
 */
export async function connectTopics(
  kafka: KafkaClient,
  settings: KafkaSettings,
  waitFor: WaitFor,
): Promise<ConnectedTopics> {
  const topics = await waitFor('Kafka', () => ensureTopics(kafka, settings));
  const codec = await waitFor('the schema registry', () => RecordCodec.connect(settings));
  return { topics, codec };
}
