/** What a rehearsal works on: the chain with its traffic, the legacy system's database, the platform's settings, and the plan. */

import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import { pickPorts } from '../../local/stack/ports.ts';
import { kafkaConfig, loadConfig } from '../../runtime/config.ts';
import { createKafka, type KafkaClient } from '../../runtime/kafka/client.ts';
import { ensureTopics, type TopicNames } from '../../runtime/kafka/topics.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { type LiveChain, startLiveChain } from '../testing/live-chain.ts';
import { LEGACY_TABLES } from './legacy/tables.ts';
import type { Env } from './site.ts';

export const EPOCH_BASE = 10;
export const SLOTS_PER_EPOCH = 40;
export const CHANNELS = ['kaicenat', 'lacy'];
const PARTITIONS = 3;
const LEGACY_DATABASE = 'twzrd';
const LEGACY_TOKEN = 'between-us';

export interface Addresses {
  readonly kafkaBrokers: string;
  readonly registryUrl: string;
  readonly databaseUrl: string;
}

export interface Ports {
  readonly public: number;
  readonly gateway: number;
  readonly aggregator: number;
  readonly settle: number;
}

export interface Setting {
  readonly dir: string;
  readonly ports: Ports;
  readonly live: LiveChain;
  readonly kafka: KafkaClient;
  readonly topics: TopicNames;
  readonly partitions: number;
  readonly databaseUrl: string;
  readonly legacyUrl: string;
  readonly legacy: pg.Pool;
  readonly token: string;
  readonly backups: string;
  readonly topicsKey: string;
  /** Of every role and tool. */
  readonly env: Env;
  readonly legacyEnv: Env;
  stop(): Promise<void>;
}

/** @param name Of topics, groups and the database schema. */
export async function prepare(dir: string, name: string, addresses: Addresses): Promise<Setting> {
  mkdirSync(dir, { recursive: true });
  const picked = await pickPorts(['public', 'gateway', 'aggregator', 'settle']);
  const ports = Object.fromEntries(picked) as unknown as Ports;
  const live = await startLiveChain(join(dir, 'keys'), { consensus: 'tower' });
  const { databaseUrl } = addresses;
  const legacyUrl = await makeLegacyDatabase(databaseUrl);
  const topicsKey = join(dir, 'archive-key.pem');
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(topicsKey, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const env: Env = {
    ...live.env,
    AO_ENV_FILE: 'none',
    KAFKA_BROKERS: addresses.kafkaBrokers,
    SCHEMA_REGISTRY_URL: addresses.registryUrl,
    KAFKA_NAMESPACE: `${name}.`,
    KAFKA_PARTITIONS: String(PARTITIONS),
    KAFKA_SESSION_TIMEOUT_MS: '6000',
    DATABASE_URL: databaseUrl,
    DATABASE_SCHEMA: name,
    METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics',
    EPOCH_DURATION_SLOTS: String(SLOTS_PER_EPOCH),
    EPOCH_BASE: String(EPOCH_BASE),
    FINALIZE_THRESHOLD_SECS: '2',
    RECONCILE_INTERVAL_MS: '300',
    CHECKPOINT_INTERVAL_MS: '200',
    SETTLEMENT_POLL_MS: '200',
    SETTLEMENT_REBROADCAST_MS: '500',
    HOLD_RETRY_MS: '1000',
    NDJSON_LOG_DIR: join(dir, 'ndjson'),
    GATEWAY_PORT: String(ports.gateway),
    GATEWAY_TAKEOVER_PORT: String(ports.public),
    AGGREGATOR_URL: `http://127.0.0.1:${ports.aggregator}/events`,
    AGGREGATOR_TOKEN: LEGACY_TOKEN,
    AGGREGATOR_MAX_BACKOFF_MS: '1000',
    GATEWAY_URL: `http://127.0.0.1:${ports.gateway}`,
    TRAFFIC_CHANNELS: CHANNELS.join(','),
    TRAFFIC_FANS: '6',
    TRAFFIC_CLAIM_INTERVAL_MS: '100',
    AUTO_PUBLISH: 'false',
  };
  const settings = loadConfig(z.object(kafkaConfig), env);
  const kafka = createKafka(settings, 'rehearsal', silentLogger());
  const legacy = new pg.Pool({ connectionString: legacyUrl, max: 2 });
  legacy.on('error', () => undefined);
  return {
    ...{ dir, ports, live, kafka, databaseUrl, legacyUrl, legacy, topicsKey, env },
    topics: await ensureTopics(kafka, settings),
    partitions: PARTITIONS,
    token: LEGACY_TOKEN,
    backups: join(dir, 'backups'),
    legacyEnv: {
      LEGACY_DATABASE_URL: legacyUrl,
      LEGACY_TOKEN,
      LEGACY_KEYPAIR: live.env['SETTLEMENT_KEYPAIR'] ?? '',
      ANCHOR_PROVIDER_URL: live.env['ANCHOR_PROVIDER_URL'] ?? '',
      MINT_PUBKEY: live.env['MINT_PUBKEY'] ?? '',
      EPOCH_BASE: String(EPOCH_BASE),
      EPOCH_DURATION_SLOTS: String(SLOTS_PER_EPOCH),
    },
    async stop() {
      await legacy.end();
      await live.chain.stop();
    },
  };
}

async function makeLegacyDatabase(databaseUrl: string): Promise<string> {
  const url = new URL(databaseUrl);
  const server = new pg.Client({ connectionString: databaseUrl });
  await server.connect();
  await server.query(`create database ${LEGACY_DATABASE}`).finally(() => server.end());
  url.pathname = `/${LEGACY_DATABASE}`;
  const client = new pg.Client({ connectionString: url.toString() });
  await client.connect();
  await client.query(LEGACY_TABLES).finally(() => client.end());
  return url.toString();
}

/** Writes the plan of the cut-over. @param command The shell command of an action of the supervisor. */
export function writePlan(setting: Setting, command: (action: string) => string): string {
  const { ports, dir } = setting;
  const path = join(dir, 'cutover.json');
  const plan = {
    legacy: { database: setting.legacyUrl, schema: 'public' },
    publicUrl: `http://127.0.0.1:${ports.public}`,
    gatewayUrl: `http://127.0.0.1:${ports.gateway}`,
    settlementUrls: [`http://127.0.0.1:${ports.settle}`],
    sinceEpoch: EPOCH_BASE,
    epochs: 2,
    maxLagRecords: 2000,
    backups: { dir: setting.backups, topicsKey: setting.topicsKey },
    commands: Object.fromEntries(
      [
        ...['startLegacyGateway', 'stopLegacyGateway', 'startLegacyAggregator', 'stopLegacyAggregator'],
        ...['startLegacyListener', 'stopLegacyListener', 'legacyQueueDepth', 'startPublishing', 'stopPublishing'],
        'decommissionLegacy',
      ].map((action) => [action, command(action)]),
    ),
    archive: { dir: join(dir, 'cold'), paths: [join(dir, 'legacy-binaries')] },
  };
  mkdirSync(join(dir, 'legacy-binaries'), { recursive: true });
  writeFileSync(join(dir, 'legacy-binaries', 'server.js'), '// what is decommissioned\n');
  writeFileSync(path, JSON.stringify(plan, null, 2));
  return path;
}
