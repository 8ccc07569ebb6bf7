/**
 * Makes the data of a release: a tiny deployment that ran by it, its Kafka and registry as folders, its tables as SQL. Run in a checkout of that
 * release: tests/upgrade/README.md says how.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { startStack } from '../../../local/stack/stack.ts';
import { claimEvent, watermark } from '../../../processors/epoch-roots/testing/records.ts';
import { connectProducer } from '../../../runtime/kafka/producer.ts';
import { Platform } from '../../testing/platform.ts';
import { testStackVariables } from '../../testing/stack.ts';
import { until } from '../../testing/until.ts';

const [out = ''] = process.argv.slice(2);
const dataDir = mkdtempSync(join(tmpdir(), 'ao-release-'));
const log = (line: string): void => void process.stderr.write(`${line}\n`);
const stack = await startStack({ dataDir, fresh: true, preferKnownPorts: false, env: { AO_STACK: 'embedded' }, log });
process.env[testStackVariables.kafkaBrokers] = stack.kafkaBrokers.join(',');
process.env[testStackVariables.registryUrl] = stack.registryUrl;
process.env[testStackVariables.databaseUrl] = stack.databaseUrl;

const platform = await Platform.create({
  ANCHOR_PROVIDER_URL: 'http://127.0.0.1:1',
  KAFKA_NAMESPACE: 'release.',
  DATABASE_SCHEMA: 'release',
});
const roles = [await platform.start('process'), await platform.start('sink')];
const producer = await connectProducer(platform.kafka);
const { topics, codec } = platform;

// Twelve claims of epoch 0, which ends proven; four of epoch 1, which is still open.
const claims = Array.from({ length: 16 }, (_, n) => {
  const slot = n < 12 ? 1 + (n % 9) : 12 + (n % 4);
  return claimEvent({ tx: n + 1, slot, channel: `channel-${n % 4}`, kind: 'finalized' });
});
await producer.send(
  claims.map((event) => ({
    topic: topics.streamEvents,
    key: event.channel,
    value: codec.encode('StreamEvent', event),
  })),
);
const proven = codec.encode('SlotWatermark', watermark({ from: 0, to: 16, time: 20 }));
await producer.send(
  [0, 1, 2].map((partition) => ({ topic: topics.streamEvents, key: null, value: proven, partition })),
);
const roots = await until('four roots are emitted', async () => {
  const found = (await platform.decoded(topics.roots)).flatMap(({ value }) => ('recipe' in value ? [value] : []));
  return found.length >= 4 && found;
});
await producer.send(
  roots.map(({ channel, epoch, root }, n) => ({
    topic: topics.settlements,
    key: channel,
    value: codec.encode('SettlementRecord', {
      ...{ channel, epoch, root, status: 'FINALIZED', attempt: 1, signature: claims[n]?.signature ?? null },
      ...{ lastValidBlockHeight: 100, slot: 40, feeLamports: 5000n, computeUnits: 7000, reason: null },
      ...{ rootPartition: 0, rootOffset: 0, at: 1_700_000_000_000, worker: 'release' },
    }),
  })),
);
await producer.send([
  {
    topic: topics.cursors,
    key: 'north',
    value: codec.encode('Cursor', {
      ...{ listener: 'north', fromSlot: 0, slot: 16, signature: null, blockTime: 20 },
      ...{ resumeOffsets: [], updatedAt: 1_700_000_000_000 },
    } as unknown as Parameters<typeof codec.encode<'Cursor'>>[1]),
  },
]);
await until('the tables hold all of it', async () => {
  const [row] = await platform.rows<{ claims: number; roots: number; settlements: number }>(
    `select (select count(*) from claims)::int as claims, (select count(*) from settlement_log)::int as settlements,
       (select count(*) from roots where tree_state = 'built')::int as roots`,
  );
  return row?.claims === claims.length && row.roots === 4 && row.settlements === 4;
});
await Promise.all(roles.map((role) => role.stop()));
await producer.disconnect();
const rows = await dump();
await platform.pool.end();
await stack.stop();

mkdirSync(out, { recursive: true });
const migrations = readdirSync(resolve('schemas/sql')).filter((name) => name.endsWith('.sql'));
/** As every release makes it before the first migration. */
const notes =
  "create table schema_migrations (version int primary key, name text not null, checksum text not null, applied_at timestamp not null default (now() at time zone 'utc'));";
const made = migrations.toSorted().map((name) => readFileSync(resolve('schemas/sql', name), 'utf8'));
writeFileSync(join(out, 'tables.sql.gz'), gzipSync([notes, ...made, ...rows].join('\n'), { level: 9 }));
const left = ['broker.log', 'registry.log', 'process.pid', 'tmp', 'server.properties', 'log4j2.xml'];
execFileSync('tar', [
  ...['--create', '--sparse', '--use-compress-program', 'gzip -9', '--file', join(out, 'kafka-and-registry.tar.gz')],
  ...left.map((name) => `--exclude=${name}`),
  ...['--directory', dataDir, 'kafka', 'registry'],
]);
log(`made of ${migrations.length} migrations, in ${out}`);
process.exit(0);

/** Statements that put every row back. */
async function dump(): Promise<string[]> {
  const { rows: tables } = await platform.pool.query<{ name: string; columns: string }>(
    `select table_name as name, string_agg(quote_ident(column_name), ', ' order by ordinal_position) as columns
     from information_schema.columns join information_schema.tables using (table_schema, table_name)
     where table_schema = 'release' and table_type = 'BASE TABLE' and is_generated = 'NEVER' group by 1 order by 1`,
  );
  const statements: string[] = [];
  for (const { name, columns } of tables) {
    const { rows: all } = await platform.pool.query<{ rows: string | null }>(
      `select json_agg(t)::text as rows from ${name} t`,
    );
    if (all[0]?.rows === null) continue;
    statements.push(
      `delete from ${name}; insert into ${name} (${columns}) overriding system value select ${columns} from json_populate_recordset(null::${name}, $rows$${all[0]?.rows ?? '[]'}$rows$);`,
    );
  }
  const { rows: sequences } = await platform.pool.query<{ name: string; last: string }>(
    `select sequencename as name, last_value::text as last from pg_sequences where schemaname = 'release' and last_value is not null`,
  );
  return [...statements, ...sequences.map(({ name, last }) => `select setval('${name}', ${last});`)];
}
