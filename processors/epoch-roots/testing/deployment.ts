/** A deployment of one role for tests: topics of its own on the shared broker, a writer of events, a reader of what comes out. */

import { loadConfig } from '../../../runtime/config.ts';
import { createKafka, type KafkaClient } from '../../../runtime/kafka/client.ts';
import { RecordCodec } from '../../../runtime/kafka/codec.ts';
import { TransactionalWriter } from '../../../runtime/kafka/producer.ts';
import type { KafkaRecord, OutgoingRecord } from '../../../runtime/kafka/records.ts';
import { followTopic } from '../../../runtime/kafka/topic-reader.ts';
import { ensureTopics, type TopicNames } from '../../../runtime/kafka/topics.ts';
import { silentLogger } from '../../../runtime/logging.ts';
import { type StartedRole, startRole } from '../../../runtime/role.ts';
import { testStack, uniqueName } from '../../../tests/testing/stack.ts';
import { config, rulesOf } from '../config.ts';
import { PartitionState } from '../core/partition-state.ts';
import { Progress } from '../core/progress.ts';
import { role } from '../main.ts';
import type { WholeInput } from './records.ts';

export const PARTITIONS = 2;

export type Read = KafkaRecord & { readonly partition: number };

export interface Deployment {
  readonly env: Readonly<Record<string, string>>;
  readonly topics: TopicNames;
  readonly codec: RecordCodec;
  readonly kafka: KafkaClient;
  /** Starts a member of the group; `env` overrides. */
  start(env?: Readonly<Record<string, string>>): Promise<StartedRole>;
  /** Writes records as a listener does: in one transaction, watermarks to every partition. A buffer is written as it is. */
  write(inputs: readonly (WholeInput | Buffer)[]): Promise<void>;
  /** Every committed record of a topic, by partition and offset, as soon as `enough` says so. */
  read(topic: string, enough: (messages: readonly Read[]) => boolean): Promise<Read[]>;
  /** What the pure core makes of all that was written, as `bytesOf` tells records. */
  expectedRoots(): Promise<string[]>;
  stop(): Promise<void>;
}

export const bytesOf = ({ partition, value }: Pick<Read, 'partition' | 'value'>): string =>
  `${partition} ${value?.toString('base64')}`;

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
  let written = 0;

  const recordsOf = (input: WholeInput | Buffer): OutgoingRecord[] => {
    const topic = topics.streamEvents;
    if (Buffer.isBuffer(input)) return [{ topic, key: 'garbage', value: input, partition: 0 }];
    if (input.name === 'StreamEvent')
      return [{ topic, key: input.value.channel, value: codec.encode('StreamEvent', input.value) }];
    const value = codec.encode('SlotWatermark', input.value);
    return Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, key: null, value, partition }));
  };

  const read: Deployment['read'] = async (topic, enough) => {
    const messages: Read[] = [];
    const follower = await followTopic({
      kafka,
      topic,
      onRecords: (records, partition) => {
        messages.push(...records.map((record) => ({ ...record, partition })));
        return !enough(messages);
      },
    });
    await follower.ended;
    await follower.stop();
    return messages.sort((a, b) => a.partition - b.partition || Number(a.offset) - Number(b.offset));
  };

  return {
    env,
    topics,
    codec,
    kafka,
    read,
    async start(more = {}) {
      const member = await startRole(role, { ...env, ...more }, silentLogger());
      started.push(member);
      return member;
    },
    async write(inputs) {
      const records = inputs.flatMap(recordsOf);
      await writer.write(records);
      written += records.length;
    },
    async expectedRoots() {
      const messages = await read(topics.streamEvents, ({ length }) => length === written);
      const start = { offset: 0, progress: Progress.start };
      const states = Array.from({ length: PARTITIONS }, (_, p) => new PartitionState(rulesOf(settings), p, start));
      return messages.flatMap(({ partition, offset, value }) => {
        if (value?.[0] !== 0) return [];
        const record = codec.decode(value) as WholeInput;
        const outputs = states[partition]?.apply(Number(offset), record) ?? [];
        return outputs.flatMap((output) =>
          output.kind === 'root' ? [bytesOf({ partition, value: codec.encode('RootFinalized', output.root) })] : [],
        );
      });
    },
    async stop() {
      await Promise.all(started.map((member) => member.stop()));
      await writer.close();
    },
  };
}

/** Asks until the answer is yes; the test's own time limit ends it. */
export async function eventually(answer: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await answer())) await new Promise((resolve) => setTimeout(resolve, 20));
}
