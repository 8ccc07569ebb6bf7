/** Debezium's JDBC sink connector in a Connect worker of its own, with the flat rows of bench/peers/connect. */

import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { javaPath } from '../../local/stack/java.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Pool } from '../../runtime/postgres/pool.ts';
import { classPathOf } from '../measure/java-peer.ts';

const LOOK_MS = 100;
/** A worker whose tasks have failed lives on, and says nothing. */
const STANDSTILL_MS = 120_000;
const DURATION_SLOTS = 432_000;

/** Fewer indexes than the sink's table has. */
const TABLE = `
  create table claim_rows (
    event_id text primary key, channel text not null, user_pubkey text not null, slot bigint not null, block_time bigint,
    signature text not null, epoch bigint not null, claim_epoch numeric(20), claim_index bigint, amount numeric(20) not null,
    claim_id text not null, protocol_state text, commitment text not null, source text not null);
  create index on claim_rows (user_pubkey, slot);
  create index on claim_rows (epoch, channel)`;

export interface DebeziumOptions {
  readonly brokers: string;
  readonly registryUrl: string;
  readonly topic: string;
  readonly databaseUrl: string;
  readonly schema: string;
  readonly dataDir: string;
}

/**
 * Takes the topic in from its beginning, a task a partition, upserts by event.
 * @param pool Whose search path is the schema. @returns seconds from the first row to the last, as is measured of the sink.
 */
export async function takeInByDebezium(pool: Pool, options: DebeziumOptions, events: number): Promise<number> {
  await pool.query(`create schema ${options.schema}`);
  await pool.query(TABLE);
  const files = writeSettings(options);
  const worker = spawn(
    await javaPath(),
    ['-Xmx2g', '-cp', classPathOf('connect'), 'org.apache.kafka.connect.cli.ConnectStandalone', ...files],
    { stdio: ['ignore', 2, 2] },
  );
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  try {
    let startMs = performance.now();
    let before = { taken: 0, atMs: startMs };
    for (;;) {
      const { rows } = await pool.query<{ taken: number }>('select count(*)::int as taken from claim_rows');
      const taken = rows[0]?.taken ?? 0;
      if (taken === 0) startMs = performance.now();
      if (taken >= events) return (performance.now() - startMs) / 1000;
      if (taken > before.taken) before = { taken, atMs: performance.now() };
      if (worker.exitCode !== null || performance.now() - before.atMs > STANDSTILL_MS)
        throw new AppError(
          'BENCH_PEER_MISSING',
          `Kafka Connect stands still at ${taken} of ${events} rows; see above.`,
        );
      await delay(LOOK_MS);
    }
  } finally {
    worker.kill('SIGTERM');
    await exited;
  }
}

/** @returns the files of the worker and of the connector. */
function writeSettings(options: DebeziumOptions): string[] {
  const { hostname, port, pathname, username, password } = new URL(options.databaseUrl);
  const worker = {
    'bootstrap.servers': options.brokers,
    'key.converter': 'org.apache.kafka.connect.converters.ByteArrayConverter',
    'value.converter': 'attentionoracle.ClaimConverter',
    'value.converter.registry.url': options.registryUrl,
    'value.converter.epoch.duration.slots': DURATION_SLOTS,
    'offset.storage.file.filename': join(options.dataDir, 'connect-offsets'),
    listeners: 'http://127.0.0.1:0',
  };
  const connector = {
    name: 'rows',
    'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
    'tasks.max': 6,
    topics: options.topic,
    'consumer.override.auto.offset.reset': 'earliest',
    'consumer.override.max.poll.records': 2000,
    'connection.url': `jdbc:postgresql://${hostname}:${port}${pathname}?currentSchema=${options.schema}&reWriteBatchedInserts=true`,
    'connection.username': decodeURIComponent(username),
    'connection.password': decodeURIComponent(password),
    'insert.mode': 'upsert',
    'primary.key.mode': 'record_value',
    'primary.key.fields': 'event_id',
    'schema.evolution': 'none',
    'collection.name.format': `${options.schema}.claim_rows`,
    'batch.size': 2000,
    transforms: 'claims',
    'transforms.claims.type': 'org.apache.kafka.connect.transforms.Filter',
    'transforms.claims.predicate': 'watermark',
    predicates: 'watermark',
    'predicates.watermark.type': 'org.apache.kafka.connect.transforms.predicates.RecordIsTombstone',
  };
  mkdirSync(options.dataDir, { recursive: true });
  return Object.entries({ worker, connector }).map(([name, settings]) => {
    const file = join(options.dataDir, `${name}.properties`);
    const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(file, lines.join(''));
    return file;
  });
}
