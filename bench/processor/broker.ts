/** Real Kafka for a measurement of the processor, the processor as a process of its own, and the rates at which it takes records in. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { startStack } from '../../local/stack/stack.ts';
import { removeStackData } from '../../local/stack/stack-data.ts';
import { kafkaConfig, loadConfig } from '../../runtime/config.ts';
import { withAdmin } from '../../runtime/kafka/admin.ts';
import { createKafka, type KafkaClient } from '../../runtime/kafka/client.ts';
import { RecordCodec } from '../../runtime/kafka/codec.ts';
import { connectProducer, type RecordProducer } from '../../runtime/kafka/producer.ts';
import type { OutgoingRecord } from '../../runtime/kafka/records.ts';
import { ensureTopics, type TopicNames } from '../../runtime/kafka/topics.ts';
import { silentLogger } from '../../runtime/logging.ts';

const SEND_RECORDS = 2000;
const LOOK_MS = 20;

export interface Broker {
  /** For what else writes files; gone in the end. */
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly kafka: KafkaClient;
  readonly names: TopicNames;
  readonly codec: RecordCodec;
  readonly producer: RecordProducer;
}

/** @param variables Of the deployment, beside where the parts are. */
export async function withBroker<T>(
  name: string,
  variables: Readonly<Record<string, string>>,
  work: (broker: Broker) => Promise<T>,
): Promise<T> {
  const dataDir = join(import.meta.dirname, '..', '..', '.data', `bench-${name}-${process.pid}`);
  const stackEnv = { AO_STACK: process.env['AO_STACK'] ?? 'embedded' };
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  mkdirSync(dataDir, { recursive: true });
  const stack = await startStack({ dataDir, fresh: true, durable: false, preferKnownPorts: false, env: stackEnv, log });
  try {
    const env = {
      KAFKA_BROKERS: stack.kafkaBrokers.join(','),
      SCHEMA_REGISTRY_URL: stack.registryUrl,
      METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics',
      ...variables,
    };
    const settings = loadConfig(z.object(kafkaConfig), env);
    const kafka = createKafka(settings, 'bench', silentLogger());
    const names = await ensureTopics(kafka, settings);
    const codec = await RecordCodec.connect(settings);
    const producer = await connectProducer(kafka);
    try {
      return await work({ dataDir, env, kafka, names, codec, producer });
    } finally {
      await producer.disconnect();
    }
  } finally {
    await stack.stop();
    await removeStackData(dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Sends records as they are made: a million are never held at once. */
export async function sendAllOf(producer: RecordProducer, records: Iterable<OutgoingRecord>): Promise<void> {
  let waiting: OutgoingRecord[] = [];
  for (const record of records) {
    if (waiting.push(record) < SEND_RECORDS) continue;
    await producer.send(waiting);
    waiting = [];
  }
  await producer.send(waiting);
}

/** `ao process`, as it runs in production. */
export class ProcessorProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;

  constructor(env: Readonly<Record<string, string>>) {
    const ao = join(import.meta.dirname, '..', '..', 'cli', 'ao.ts');
    const flags = ['--conditions=@attention-oracle/source', '--disable-warning=ExperimentalWarning'];
    this.#child = spawn(process.execPath, [...flags, ao, 'process'], {
      env: { ...process.env, ...env, LOG_LEVEL: 'error' },
      stdio: ['ignore', 2, 2],
    });
    this.#exited = new Promise((resolve) => this.#child.once('exit', () => resolve()));
  }

  /** Most memory that was resident at once, MB. Linux alone tells. */
  get peakRssMb(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Math.round(Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) / 1024);
  }

  /** Processor time so far, seconds. */
  get cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** Gracefully: the group would keep the partitions of a killed one for the length of a session. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#exited;
  }
}

/** Seconds until the processor's group has committed all that stands on the event topic now. */
export async function secondsUntilCommitted({ env, kafka, names }: Broker): Promise<number> {
  const startedMs = performance.now();
  const group = `${env['KAFKA_NAMESPACE'] ?? ''}ao-epoch-roots`;
  return withAdmin(kafka, async (admin) => {
    const bounds = await admin.bounds(names.streamEvents);
    for (;;) {
      const committed = (await admin.committed(group, [names.streamEvents])).get(names.streamEvents);
      const isThere = [...bounds].every(
        ([partition, { high }]) => high === 0n || (committed?.get(partition)?.offset ?? 0n) >= high,
      );
      if (isThere) return (performance.now() - startedMs) / 1000;
      await delay(LOOK_MS);
    }
  });
}
