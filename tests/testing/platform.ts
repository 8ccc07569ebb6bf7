/** A whole platform for a test: every role a process, with topics and tables of its own on the stack of the test run. */

import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import { kafkaConfig, loadConfig } from '../../runtime/config.ts';
import { createKafka, type KafkaClient } from '../../runtime/kafka/client.ts';
import { type Decoded, RecordCodec } from '../../runtime/kafka/codec.ts';
import { readToEnd } from '../../runtime/kafka/topic-reader.ts';
import { ensureTopics, type TopicNames } from '../../runtime/kafka/topics.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { RoleProcess, runAo } from './role-process.ts';
import { testStack, uniqueName } from './stack.ts';

export type Env = Readonly<Record<string, string>>;

/** A record as it stands on a topic. */
export interface StoredRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export interface StartOptions {
  /** Of the process, where a command runs more than once. Default: the command. */
  readonly name?: string;
  readonly env?: Env;
  /** Whether to wait for /readyz. Default true. */
  readonly ready?: boolean;
}

const SHARED: Env = {
  METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics',
  GATEWAY_PORT: '0',
  KAFKA_PARTITIONS: '3',
  KAFKA_SESSION_TIMEOUT_MS: '6000',
  EPOCH_DURATION_SLOTS: '10',
  FINALIZE_THRESHOLD_SECS: '2',
  RECONCILE_INTERVAL_MS: '300',
  CHECKPOINT_INTERVAL_MS: '200',
  SETTLEMENT_POLL_MS: '200',
  SETTLEMENT_REBROADCAST_MS: '500',
  HOLD_RETRY_MS: '1000',
};

export class Platform {
  readonly env: Env;
  readonly schema: string;
  readonly topics: TopicNames;
  readonly kafka: KafkaClient;
  readonly codec: RecordCodec;
  readonly pool: pg.Pool;
  readonly #dir: string;
  readonly #processes: RoleProcess[] = [];

  private constructor(env: Env, kafka: KafkaClient, topics: TopicNames, codec: RecordCodec, dir: string) {
    this.env = env;
    this.#dir = dir;
    this.schema = env['DATABASE_SCHEMA'] ?? '';
    this.topics = topics;
    this.kafka = kafka;
    this.codec = codec;
    this.pool = new pg.Pool({
      connectionString: testStack().databaseUrl,
      options: `-c search_path=${this.schema}`,
      max: 2,
    });
    this.pool.on('error', () => undefined);
  }

  /** @param env Variables of every role, over those of a test; ANCHOR_PROVIDER_URL at least. */
  static async create(env: Env): Promise<Platform> {
    const stack = testStack();
    const name = uniqueName('e2e');
    const whole: Env = {
      ...SHARED,
      KAFKA_BROKERS: stack.kafkaBrokers.join(','),
      SCHEMA_REGISTRY_URL: stack.registryUrl,
      DATABASE_URL: stack.databaseUrl,
      DATABASE_SCHEMA: name,
      KAFKA_NAMESPACE: `${name}.`,
      ...env,
    };
    const settings = loadConfig(z.object(kafkaConfig), { ...whole, SCHEMA_REGISTRY_URL: stack.registryUrl });
    const kafka = createKafka(settings, 'test', silentLogger());
    const topics = await ensureTopics(kafka, settings);
    const codec = await RecordCodec.connect(settings);
    return new Platform(whole, kafka, topics, codec, resolve(import.meta.dirname, '../../.data', `run-${name}`));
  }

  /** Starts a role. It ends with `stop`, and with this process, however this process ends. */
  async start(command: string, { name = command, env = {}, ready = true }: StartOptions = {}): Promise<RoleProcess> {
    const dir = join(this.#dir, `${this.#processes.length}-${name}`);
    const process = new RoleProcess(name, command, { ...this.env, ...env }, dir);
    this.#processes.push(process);
    if (ready) await process.untilReady();
    return process;
  }

  /** Starts several roles at once. */
  async startAll<Command extends string>(...commands: Command[]): Promise<Record<Command, RoleProcess>> {
    const started = await Promise.all(commands.map(async (command) => [command, await this.start(command)] as const));
    return Object.fromEntries(started) as Record<Command, RoleProcess>;
  }

  /** Runs an operator's command to its end. */
  ao(...args: string[]): ReturnType<typeof runAo> {
    return runAo(args, this.env, join(this.#dir, 'ao'));
  }

  /** Every committed record of a topic, by partition and offset. */
  async records(topic: string): Promise<StoredRecord[]> {
    const found: StoredRecord[] = [];
    await readToEnd({
      kafka: this.kafka,
      topic,
      onRecords: (records, partition) => {
        for (const { offset, key, value, headers: raw } of records) {
          const headers = Object.entries(raw ?? {}).map(([name, text]) => [name, String(text)]);
          found.push({
            partition,
            offset: BigInt(offset),
            key: key?.toString() ?? null,
            value: value ?? Buffer.alloc(0),
            headers: Object.fromEntries(headers) as Record<string, string>,
          });
        }
      },
    });
    return found.sort((a, b) => a.partition - b.partition || Number(a.offset - b.offset));
  }

  /** Every record of a topic, decoded. @throws AppError where one does not decode. */
  async decoded(topic: string): Promise<Decoded[]> {
    const records = await this.records(topic);
    await this.codec.prepare(records.map(({ value }) => value));
    return records.map(({ value }) => this.codec.decode(value));
  }

  /** Rows of the platform's own schema; none while its tables are not there. */
  async rows<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    try {
      return (await this.pool.query<Row>(sql, values)).rows;
    } catch (error) {
      if ((error as { code?: string }).code === '42P01') return [];
      throw error;
    }
  }

  /** Ends every process and drops the tables; AO_TEST_KEEP_LOGS=1 leaves the logs in .data/run-*. */
  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.stop()));
    await this.pool.query(`drop schema if exists ${this.schema} cascade`);
    await this.pool.end();
    if (process.env['AO_TEST_KEEP_LOGS'] === undefined) rmSync(this.#dir, { recursive: true, force: true });
  }
}
