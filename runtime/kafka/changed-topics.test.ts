import { beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigResourceTypes } from 'kafkajs';
import { z } from 'zod';
import { testStack, uniqueName } from '../../tests/testing/stack.ts';
import { until } from '../../tests/testing/until.ts';
import { kafkaConfig, loadConfig } from '../config.ts';
import type { AppError } from '../errors.ts';
import { silentLogger } from '../logging.ts';
import { createKafka, type KafkaClient, type KafkaSettings } from './client.ts';
import { describeTopics } from './describe-topics.ts';
import { connectProducer, partitionFor } from './producer.ts';
import { withBrokerAdmin } from './testing/broker-admin.ts';
import { watchTopics } from './topic-watch.ts';
import { ensureTopics, type TopicNames } from './topics.ts';

let settings: KafkaSettings;
let kafka: KafkaClient;
let topics: TopicNames;

beforeEach(async () => {
  settings = loadConfig(z.object(kafkaConfig), {
    KAFKA_BROKERS: testStack().kafkaBrokers.join(','),
    KAFKA_NAMESPACE: `${uniqueName('changed')}.`,
    KAFKA_PARTITIONS: '2',
  });
  kafka = createKafka(settings, 'changed-test', silentLogger());
  topics = await ensureTopics(kafka, settings);
});

/** The first change that a watch tells of while `work` runs. */
async function changeDuring(work: () => Promise<void>): Promise<AppError> {
  const abort = new AbortController();
  const told = Promise.withResolvers<AppError>();
  const watch = watchTopics(kafka, topics, { signal: abort.signal, onChange: told.resolve, intervalMs: 20 });
  try {
    await work();
    return await told.promise;
  } finally {
    abort.abort();
    await watch;
  }
}

const addPartition = (): Promise<void> =>
  withBrokerAdmin(kafka, async (admin) => {
    await admin.createPartitions({ topicPartitions: [{ topic: topics.streamEvents, count: 3 }] });
  });

describe('a topic that changes under running roles', () => {
  it('is told when partitions are added', async () => {
    const error = await changeDuring(addPartition);
    expect(error).toMatchObject({ code: 'PARTITIONS_CHANGED', context: { topic: topics.streamEvents, found: 3 } });
  });

  it('is told when it is made anew', async () => {
    const former = (await describeTopics(kafka, [topics.roots])).get(topics.roots)?.id;
    expect(former).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const error = await changeDuring(async () => {
      await withBrokerAdmin(kafka, (admin) => admin.deleteTopics({ topics: [topics.roots] }));
      await until('the topic is another', async () => {
        await ensureTopics(kafka, settings).catch(() => undefined);
        const id = (await describeTopics(kafka, [topics.roots])).get(topics.roots)?.id;
        return id !== undefined && id !== former;
      });
    });
    expect(error).toMatchObject({ code: 'TOPIC_REPLACED', context: { topic: topics.roots, former } });
  });

  it('moves no key: writers know the declared partitions only', async () => {
    const channels = Array.from({ length: 40 }, (_, n) => `channel-${n}`);
    await addPartition();
    await until('three partitions', async () => {
      return (await describeTopics(kafka, [topics.streamEvents])).get(topics.streamEvents)?.partitions === 3;
    });
    const producer = await connectProducer(kafka);
    for (const key of channels) {
      const [written] = await producer.send([{ topic: topics.streamEvents, key, value: null }]);
      expect(written?.partition).toBe(partitionFor(key, topics.streamEvents, 2));
    }
    await producer.disconnect();
  });
});

describe('an existing topic with settings of its own', () => {
  it.each([
    ['cursors', 'cleanup.policy', 'delete'],
    ['streamEvents', 'cleanup.policy', 'compact'],
    ['roots', 'retention.ms', '86400000'],
  ] as const)('is refused at start: %s with %s=%s', async (key, name, value) => {
    await withBrokerAdmin(kafka, (admin) =>
      admin.alterConfigs({
        validateOnly: false,
        resources: [{ type: ConfigResourceTypes.TOPIC, name: topics[key], configEntries: [{ name, value }] }],
      }),
    );
    const refusal = await until('the broker has taken it over', () =>
      ensureTopics(kafka, settings).then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    expect(refusal).toMatchObject({
      code: 'TOPIC_UNSAFE',
      message: expect.stringContaining(`${topics[key]} can lose records: ${name} is ${value}, must be`) as unknown,
    });
  });
});
