/** Creating the declared topics and refusing topics that are not as declared. */

import { TOPICS, type TopicDeclaration, type TopicKey } from '../../schemas/topics.ts';
import { AppError } from '../errors.ts';
import type { KafkaClient, KafkaSettings } from './client.ts';
import { libraryOf } from './library.ts';

/** Topic names of this deployment: the declared names behind KAFKA_NAMESPACE. */
export type TopicNames = Readonly<Record<TopicKey, string>>;

export function topicNames(settings: Pick<KafkaSettings, 'KAFKA_NAMESPACE'>): TopicNames {
  return Object.fromEntries(
    Object.entries(TOPICS).map(([key, topic]) => [key, settings.KAFKA_NAMESPACE + topic.name]),
  ) as Record<TopicKey, string>;
}

/** Partitions of a topic in this deployment. */
export function partitionsOf(key: TopicKey, settings: Pick<KafkaSettings, 'KAFKA_PARTITIONS'>): number {
  return key === 'cursors' ? TOPICS.cursors.partitions : settings.KAFKA_PARTITIONS;
}

/**
 * Creates what is missing and checks the partition count of what is there. Every role calls it at start.
 * @throws AppError PARTITIONS_CHANGED when an existing topic has another count: keys would map to other partitions.
 */
export async function ensureTopics(kafka: KafkaClient, settings: KafkaSettings): Promise<TopicNames> {
  const names = topicNames(settings);
  const admin = libraryOf(kafka).admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = (Object.entries(TOPICS) as [TopicKey, TopicDeclaration][]).filter(
      ([key]) => !existing.has(names[key]),
    );
    if (missing.length > 0) {
      await admin.createTopics({
        waitForLeaders: true,
        topics: missing.map(([key, topic]) => ({
          topic: names[key],
          numPartitions: partitionsOf(key, settings),
          replicationFactor: settings.KAFKA_REPLICATION_FACTOR,
          configEntries: Object.entries(topic.config).map(([name, value]) => ({ name, value })),
        })),
      });
    }
    const { topics } = await admin.fetchTopicMetadata({ topics: Object.values(names) });
    for (const key of Object.keys(TOPICS) as TopicKey[]) {
      const found = topics.find((topic) => topic.name === names[key])?.partitions.length ?? 0;
      const wanted = partitionsOf(key, settings);
      if (found !== wanted) {
        throw new AppError(
          'PARTITIONS_CHANGED',
          `Topic ${names[key]} has ${found} partitions, this deployment expects ${wanted}. Set KAFKA_PARTITIONS to the count the topic was made with, or migrate to new topics.`,
          { context: { topic: names[key], found, wanted } },
        );
      }
    }
    return names;
  } finally {
    await admin.disconnect();
  }
}
