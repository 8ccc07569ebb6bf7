/** Creating the declared topics and refusing topics that are not as declared. */

import type { Admin, ConfigResourceTypes } from 'kafkajs';
import { DEFAULT_PARTITIONS, TOPICS, type TopicDeclaration, type TopicKey } from '../../schemas/topics.ts';
import { AppError } from '../errors.ts';
import type { KafkaClient, KafkaSettings } from './client.ts';
import { libraryOf } from './library.ts';
import { onceKnown } from './once-known.ts';
import {
  creationSettings,
  type SettingDifference,
  settingCommand,
  settingDifferences,
  WATCHED_SETTINGS,
} from './topic-settings.ts';

/** Topic names of this deployment: the declared names behind KAFKA_NAMESPACE. */
export type TopicNames = Readonly<Record<TopicKey, string>>;

/** The library's number for it; its enumeration cannot be imported by name. */
const TOPIC_RESOURCE: ConfigResourceTypes.TOPIC = 2;

const KEYS = Object.keys(TOPICS) as TopicKey[];

export function topicNames(settings: Pick<KafkaSettings, 'KAFKA_NAMESPACE'>): TopicNames {
  return Object.fromEntries(KEYS.map((key) => [key, settings.KAFKA_NAMESPACE + TOPICS[key].name])) as Record<
    TopicKey,
    string
  >;
}

/** Partitions of a topic in this deployment: KAFKA_PARTITIONS, but for topics that are declared with a number of their own. */
export function partitionsOf(key: TopicKey, settings: Pick<KafkaSettings, 'KAFKA_PARTITIONS'>): number {
  const declared: number = TOPICS[key].partitions;
  return declared === DEFAULT_PARTITIONS ? settings.KAFKA_PARTITIONS : declared;
}

/**
 * Creates what is missing and checks what is there. Every role calls it at start.
 * @throws AppError PARTITIONS_CHANGED when an existing topic has another count: keys would map to other partitions;
 * TOPIC_UNSAFE when one has settings by which it can lose records; KAFKA_FORBIDDEN (retryable) when nobody lets us see.
 */
export async function ensureTopics(kafka: KafkaClient, settings: KafkaSettings): Promise<TopicNames> {
  const names = topicNames(settings);
  const admin = libraryOf(kafka).admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = KEYS.filter((key) => !existing.has(names[key]));
    if (missing.length > 0) {
      await admin.createTopics({
        // Asked for below: the library gives up when a broker has not heard of the topic yet.
        waitForLeaders: false,
        topics: missing.map((key) => ({
          topic: names[key],
          numPartitions: partitionsOf(key, settings),
          replicationFactor: settings.KAFKA_REPLICATION_FACTOR,
          configEntries: Object.entries(creationSettings(TOPICS[key], settings.KAFKA_REPLICATION_FACTOR)).map(
            ([name, value]) => ({ name, value }),
          ),
        })),
      });
    }
    await onceKnown(() => checkTopics(kafka, settings, admin, names));
    // Their leaders serve them from now on.
    for (const key of missing) await onceKnown(() => admin.fetchTopicOffsets(names[key]));
    return names;
  } finally {
    await admin.disconnect();
  }
}

async function checkTopics(
  kafka: KafkaClient,
  settings: KafkaSettings,
  admin: Admin,
  names: TopicNames,
): Promise<void> {
  const { topics } = await admin.fetchTopicMetadata({ topics: Object.values(names) });
  const found = new Map(topics.map(({ name, partitions }) => [name, partitions]));
  for (const key of KEYS) {
    refuseOtherCount(names[key], found.get(names[key])?.length ?? 0, partitionsOf(key, settings));
  }
  const replicas = (key: TopicKey): number =>
    Math.min(...(found.get(names[key]) ?? []).map((partition) => partition.replicas.length));
  await checkSettings(kafka, admin, names, replicas);
}

/** @throws AppError PARTITIONS_CHANGED */
export function refuseOtherCount(topic: string, found: number, wanted: number): void {
  if (found === wanted) return;
  throw new AppError(
    'PARTITIONS_CHANGED',
    `Topic ${topic} has ${found} partitions, this deployment expects ${wanted}. Set KAFKA_PARTITIONS to the count the topic was made with, or migrate to new topics.`,
    { context: { topic, found, wanted } },
  );
}

async function checkSettings(
  kafka: KafkaClient,
  admin: Admin,
  names: TopicNames,
  replicasOf: (key: TopicKey) => number,
): Promise<void> {
  const found = await readSettings(admin, names);
  for (const key of KEYS) {
    const topic = names[key];
    const replicas = replicasOf(key);
    const differences = settingDifferences(TOPICS[key], found.get(topic) ?? new Map(), replicas);
    const unsafe = differences.filter((difference) => difference.unsafe);
    if (unsafe.length > 0) throw unsafeTopic(topic, unsafe);
    if (differences.length > 0) {
      kafka.log.warn(
        { topic, differences, command: settingCommand(topic, differences) },
        'a topic has other settings than declared; no record is lost by it',
      );
    }
    if (replicas < kafka.settings.KAFKA_REPLICATION_FACTOR) {
      kafka.log.warn(
        { topic, replicas, wanted: kafka.settings.KAFKA_REPLICATION_FACTOR },
        'a topic has fewer copies than KAFKA_REPLICATION_FACTOR',
      );
    }
  }
}

async function readSettings(admin: Admin, names: TopicNames): Promise<Map<string, Map<string, string>>> {
  const resources = KEYS.map((key) => {
    const declaration: TopicDeclaration = TOPICS[key];
    return {
      type: TOPIC_RESOURCE,
      name: names[key],
      configNames: [...Object.keys(declaration.config), ...WATCHED_SETTINGS],
    };
  });
  try {
    const described = await admin.describeConfigs({ includeSynonyms: false, resources });
    return new Map(
      described.resources.map(({ resourceName, configEntries }) => [
        resourceName,
        new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
      ]),
    );
  } catch (cause) {
    if (!/AUTHORIZATION_FAILED/.test(String((cause as { type?: unknown }).type))) throw cause;
    throw new AppError(
      'KAFKA_FORBIDDEN',
      'The Kafka user may not read the settings of the topics, so nobody knows whether they keep every record. Grant it DescribeConfigs on them.',
      { retryable: true, cause },
    );
  }
}

function unsafeTopic(topic: string, unsafe: readonly SettingDifference[]): AppError {
  const list = unsafe.map(({ name, found, wanted }) => `${name} is ${found}, must be ${wanted}`).join('; ');
  return new AppError(
    'TOPIC_UNSAFE',
    `Topic ${topic} can lose records: ${list}. Run: ${settingCommand(topic, unsafe)}. What is lost already does not come back by it.`,
    { context: { topic, unsafe } },
  );
}
