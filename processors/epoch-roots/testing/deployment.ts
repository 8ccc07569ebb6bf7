/** A deployment of one role for tests: topics of its own on the shared broker, a writer of events, a reader of what comes out. */

import type { KafkaMessage } from 'kafkajs';
import { loadConfig } from '../../../runtime/config.ts';
import { createKafka } from '../../../runtime/kafka/client.ts';
import { RecordCodec } from '../../../runtime/kafka/codec.ts';
import { partitionFor, TransactionalWriter } from '../../../runtime/kafka/producer.ts';
import { ensureTopics, type TopicNames } from '../../../runtime/kafka/topics.ts';
import { silentLogger } from '../../../runtime/logging.ts';
import { type StartedRole, startRole } from '../../../runtime/role.ts';
import { testStack, uniqueName } from '../../../tests/support/stack.ts';
import { config } from '../config.ts';
import type { Input } from '../core/partition-state.ts';
import { role } from '../main.ts';

export const PARTITIONS = 2;

export interface Deployment {
  readonly env: Readonly<Record<string, string>>;
  readonly topics: TopicNames;
  readonly codec: RecordCodec;
  readonly kafka: ReturnType<typeof createKafka>;
  /** Starts a member of the group; `env` overrides. */
  start(env?: Readonly<Record<string, string>>): Promise<StartedRole>;
  /** Writes records as a listener does: in one transaction; watermarks to every partition. */
  write(inputs: readonly (Input | Buffer)[]): Promise<void>;
  /** Every committed record of a topic so far, by partition and offset; waits until `enough` says so. */
  read(topic: string, enough: (messages: readonly Read[]) => boolean): Promise<Read[]>;
  stop(): Promise<void>;
}

export type Read = KafkaMessage & { readonly partition: number };

export async function deploy(overrides: Readonly<Record<string, string>> = {}): Promise<Deployment> {
  const stack = testStack();
  const env = {
    KAFKA_BROKERS: stack.kafkaBrokers.join(','),
    SCHEMA_REGISTRY_URL: stack.registryUrl,
    KAFKA_NAMESPACE: `${uniqueName('roots')}.`,
    KAFKA_PARTITIONS: String(PARTITIONS),
    METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics',
    EPOCH_DURATION_SLOTS: '10',
    FINALIZE_THRESHOLD_SECS: '2',
    CHECKPOINT_INTERVAL_MS: '50',
    ...overrides,
  };
  const settings = loadConfig(config, env);
  const kafka = createKafka(settings, 'test', silentLogger());
  const topics = await ensureTopics(kafka, settings);
  const codec = await RecordCodec.connect(settings);
  const writer = new TransactionalWriter(kafka, `${settings.KAFKA_NAMESPACE}test-listener`);
  await writer.fence();
  const started: StartedRole[] = [];
  let readers = 0;

  return {
    env,
    topics,
    codec,
    kafka,
    async start(more = {}) {
      const member = await startRole(role, { ...env, ...more }, silentLogger());
      started.push(member);
      return member;
    },
    async write(inputs) {
      await writer.write(
        inputs.flatMap((input) => {
          if (Buffer.isBuffer(input)) return [{ topic: topics.streamEvents, key: 'channel-0', value: input, partition: partitionFor('channel-0', topics.streamEvents, PARTITIONS) }];
          if (input.name === 'StreamEvent') return [{ topic: topics.streamEvents, key: input.value.channel, value: codec.encode('StreamEvent', input.value) }];
          const value = codec.encode('SlotWatermark', input.value);
          return Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: topics.streamEvents, key: null, value, partition }));
        }),
      );
    },
    async read(topic, enough) {
      const consumer = kafka.consumer({ groupId: `${settings.KAFKA_NAMESPACE}reader-${(readers += 1)}`, maxWaitTimeInMs: 50 });
      const messages: Read[] = [];
      const done = Promise.withResolvers<void>();
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      await consumer.run({
        eachMessage: async ({ message, partition }) => {
          messages.push({ ...message, partition });
          if (enough(messages)) done.resolve();
        },
      });
      await done.promise;
      await consumer.disconnect();
      return messages.sort((a, b) => a.partition - b.partition || Number(a.offset) - Number(b.offset));
    },
    async stop() {
      await Promise.all(started.map((member) => member.stop()));
      await writer.close();
    },
  };
}
