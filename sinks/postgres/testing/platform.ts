/** Topics and a schema of its own for a test file, a writer of records, and the sink in this process or as another one. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../../../runtime/config.ts';
import { loadConfig } from '../../../runtime/config.ts';
import { createKafka, type KafkaClient } from '../../../runtime/kafka/client.ts';
import { RecordCodec } from '../../../runtime/kafka/codec.ts';
import { commitForGroup } from '../../../runtime/kafka/commit-for-group.ts';
import { connectProducer, type RecordProducer } from '../../../runtime/kafka/producer.ts';
import type { OutgoingRecord } from '../../../runtime/kafka/records.ts';
import { REPLAY_MARK } from '../../../runtime/kafka/replay-mark.ts';
import { followTopic } from '../../../runtime/kafka/topic-reader.ts';
import { ensureTopics, type TopicNames } from '../../../runtime/kafka/topics.ts';
import { silentLogger } from '../../../runtime/logging.ts';
import { type StartedRole, startRole } from '../../../runtime/role.ts';
import type { RecordName, Records } from '../../../schemas/records.ts';
import type { TopicKey } from '../../../schemas/topics.ts';
import { testStack, uniqueName } from '../../../tests/testing/stack.ts';
import { config } from '../config.ts';
import { role, SINK_GROUP } from '../main.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';

const EPOCHS = { EPOCH_DURATION_SLOTS: '10', EPOCH_BASE: '100', KAFKA_PARTITIONS: '2' };

export class TestPlatform {
  readonly database: TestDatabase;
  readonly names: TopicNames;
  readonly codec: RecordCodec;
  readonly kafka: KafkaClient;
  readonly env: Environment;
  readonly #producer: RecordProducer;

  private constructor(
    database: TestDatabase,
    env: Environment,
    parts: Pick<TestPlatform, 'names' | 'codec' | 'kafka'>,
    producer: RecordProducer,
  ) {
    this.database = database;
    this.env = env;
    this.names = parts.names;
    this.codec = parts.codec;
    this.kafka = parts.kafka;
    this.#producer = producer;
  }

  static async create(prefix: string): Promise<TestPlatform> {
    const stack = testStack();
    const database = await createTestDatabase(prefix);
    const env = {
      ...EPOCHS,
      KAFKA_BROKERS: stack.kafkaBrokers.join(','),
      KAFKA_NAMESPACE: `${uniqueName(prefix)}.`,
      SCHEMA_REGISTRY_URL: stack.registryUrl,
      DATABASE_URL: stack.databaseUrl,
      DATABASE_SCHEMA: database.schema,
      METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics',
    };
    const settings = loadConfig(config, env);
    const kafka = createKafka(settings, 'sink-test', silentLogger());
    const names = await ensureTopics(kafka, settings);
    const codec = await RecordCodec.connect(settings);
    return new TestPlatform(database, env, { names, codec, kafka }, await connectProducer(kafka));
  }

  record<Name extends RecordName>(
    topic: TopicKey,
    partition: number,
    name: Name,
    value: Records[Name],
  ): OutgoingRecord {
    return { topic: this.names[topic], partition, key: null, value: this.codec.encode(name, value) };
  }

  async send(records: readonly OutgoingRecord[]): Promise<void> {
    await this.#producer.send(records);
  }

  start(changes: Environment = {}): Promise<StartedRole> {
    return startRole(role, { ...this.env, ...changes }, silentLogger());
  }

  /** The sink as a process, to be killed. */
  spawn(): ChildProcess {
    const program = fileURLToPath(new URL('./run-sink.ts', import.meta.url));
    const args = ['--conditions=@attention-oracle/source', program];
    return spawn(process.execPath, args, {
      env: { PATH: process.env.PATH, ...this.env, LOG_LEVEL: 'silent' },
      stdio: 'ignore',
    });
  }

  async rows(query: string): Promise<Record<string, unknown>[]> {
    return (await this.database.pool.query<Record<string, unknown>>(query)).rows;
  }

  /** The records of a topic, in no order across partitions. */
  async read(topic: TopicKey, count: number): Promise<{ value: Buffer | null; headers: Record<string, string> }[]> {
    const found: { value: Buffer | null; headers: Record<string, string> }[] = [];
    const follower = await followTopic({
      kafka: this.kafka,
      topic: this.names[topic],
      onRecords: (records) => {
        for (const { value, headers } of records) {
          found.push({
            value,
            headers: Object.fromEntries(Object.entries(headers ?? {}).map(([k, v]) => [k, String(v)])),
          });
        }
      },
    });
    await until(`${count} records on ${topic}`, async () => found.length >= count);
    await follower.stop();
    return found;
  }

  /** Commits an offset for the sink's group as an operator's replay does. No member may be running. */
  async commitReplay(topic: TopicKey, partition: number, offset: number): Promise<void> {
    const group = `${this.env.KAFKA_NAMESPACE}${SINK_GROUP}`;
    const place = { partition, offset: BigInt(offset), metadata: `${REPLAY_MARK}test` };
    await commitForGroup(this.kafka, group, this.names[topic], [place]);
  }

  async close(): Promise<void> {
    await this.#producer.disconnect();
    await this.database.drop();
  }
}

/** Waits for a condition. @throws when it does not come true in `timeoutMs`. */
export async function until(what: string, condition: () => Promise<boolean>, timeoutMs = 240_000): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await delay(50);
  }
}

/** kill -9, and waits until the process is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
