/** The role's surroundings in a test: topics of its own, records to deliver, a registration file. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../../runtime/config.ts';
import { createKafka, type KafkaClient } from '../../../runtime/kafka/client.ts';
import { RecordCodec } from '../../../runtime/kafka/codec.ts';
import { connectProducer, type RecordProducer } from '../../../runtime/kafka/producer.ts';
import type { WrittenRecords } from '../../../runtime/kafka/records.ts';
import { ensureTopics, type TopicNames } from '../../../runtime/kafka/topics.ts';
import { silentLogger } from '../../../runtime/logging.ts';
import type { SettlementRecord } from '../../../schemas/records.ts';
import { testStack, uniqueName } from '../../../tests/testing/stack.ts';
import { webhooksConfig } from '../config.ts';
import { SECRET } from './receiver.ts';

export class WebhooksRig {
  readonly dir = mkdtempSync(join(tmpdir(), 'ao-webhooks-'));
  readonly env: Record<string, string>;
  readonly #made: { kafka: KafkaClient; topics: TopicNames; codec: RecordCodec; producer: RecordProducer };

  private constructor(env: Record<string, string>, made: WebhooksRig['made']) {
    this.env = { ...env, WEBHOOKS_FILE: join(this.dir, 'webhooks.json') };
    this.#made = made;
  }

  static async start(): Promise<WebhooksRig> {
    const { kafkaBrokers, registryUrl } = testStack();
    const env = {
      KAFKA_BROKERS: kafkaBrokers.join(','),
      SCHEMA_REGISTRY_URL: registryUrl,
      KAFKA_NAMESPACE: `${uniqueName('webhooks')}.`,
      KAFKA_PARTITIONS: '2',
      KAFKA_SESSION_TIMEOUT_MS: '6000',
      METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics',
      WEBHOOKS_PRIVATE_NETWORKS: '127.0.0.0/8',
      WEBHOOKS_MAX_BACKOFF_MS: '500',
    };
    const kafka = createKafka(
      loadConfig(webhooksConfig, { ...env, WEBHOOKS_FILE: '-' }),
      'webhooks-test',
      silentLogger(),
    );
    const topics = await ensureTopics(kafka, kafka.settings);
    const codec = await RecordCodec.connect(kafka.settings);
    return new WebhooksRig(env, { kafka, topics, codec, producer: await connectProducer(kafka) });
  }

  get made(): Readonly<{ kafka: KafkaClient; topics: TopicNames; codec: RecordCodec; producer: RecordProducer }> {
    return this.#made;
  }

  /** Writes the registration file anew. Entries without them get the secret of the receiver and every record. */
  register(...entries: readonly object[]): void {
    const endpoints = entries.map((entry) => ({ secrets: [SECRET], from: 'beginning', ...entry }));
    writeFileSync(this.env['WEBHOOKS_FILE'] ?? '', JSON.stringify({ endpoints }), { mode: 0o600 });
  }

  /** Roots of a channel, one an epoch. @returns where the first stands. */
  async roots(channel: string, epochs: readonly number[]): Promise<WrittenRecords> {
    const { producer, codec, topics } = this.#made;
    const [written] = await producer.send(
      epochs.map((epoch) => ({
        ...{ topic: topics.roots, key: channel },
        value: codec.encode('RootFinalized', {
          ...{ channel, epoch: BigInt(epoch), root: rootOf(channel, epoch), count: 3, recipe: 'claim-v0' },
          ...{ oddNode: 'duplicate', startSlot: epoch * 10, endSlot: epoch * 10 + 9, finalizedSlot: epoch * 10 + 12 },
          ...{ finalizedAt: 1_763_424_000_000, sourcePartition: 0, sourceOffset: 0 },
        }),
      })),
    );
    if (written === undefined) throw new Error('nothing was written');
    return written;
  }

  /** A step of the settlement of a root. */
  async step(
    channel: string,
    epoch: number,
    root: WrittenRecords,
    change: Partial<SettlementRecord> = {},
  ): Promise<void> {
    const { producer, codec, topics } = this.#made;
    const record: SettlementRecord = {
      ...{ channel, epoch: BigInt(epoch), root: rootOf(channel, epoch), status: 'FINALIZED', attempt: 1 },
      ...{
        signature: 'signature',
        lastValidBlockHeight: 5,
        slot: 7,
        feeLamports: 5000n,
        computeUnits: 1,
        reason: null,
      },
      ...{ rootPartition: root.partition, rootOffset: Number(root.baseOffset), at: 1_763_424_001_000, worker: 'w' },
      ...change,
    };
    const value = codec.encode('SettlementRecord', record);
    await producer.send([{ topic: topics.settlements, key: channel, value }]);
  }

  async stop(): Promise<void> {
    await this.#made.producer.disconnect();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

function rootOf(channel: string, epoch: number): string {
  return Buffer.from(`${channel}/${epoch}`).toString('hex').padEnd(64, '0');
}
