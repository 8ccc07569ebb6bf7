/** A backup of everything: the database's files, the WAL that follows where it is archived, and the topics. */

import { readSigningKey } from '../../audit/io/signing-key.ts';
import { writeArchive } from '../../audit/io/write-archive.ts';
import type { Rules } from '../../processors/epoch-roots/core/rules.ts';
import type { KafkaClient } from '../../runtime/kafka/client.ts';
import { RecordCodec } from '../../runtime/kafka/codec.ts';
import type { Pool, PostgresSettings } from '../../runtime/postgres/pool.ts';
import { takeBaseBackup } from './base-backup.ts';
import type { Backup, Catalogue } from './catalogue.ts';
import { readFacts } from './facts.ts';
import { formatLsn } from './lsn.ts';
import { archiveNdjson } from './ndjson.ts';
import { identify, openReplication } from './replication.ts';
import { WalArchive, type WalState } from './wal-archive.ts';
import { archiveOnce, markWal, openWalArchive, type WalSource } from './wal-receiver.ts';

/** The topics, where they are a part of the backup. */
export interface TopicSource {
  readonly kafka: KafkaClient;
  readonly rules: Rules;
  /** Of the Ed25519 key that signs them. */
  readonly keyFile: string;
}

/**
 * The database is read first and the topics later: what it lacks is in them.
 * @param ndjsonDir The listener's NDJSON_LOG_DIR, where its logs are a part of the backup.
 * @throws AppError BACKUP_FAILED; what reading the key and the topics throws. Nothing is listed then.
 */
export async function takeBackup(
  catalogue: Catalogue,
  pool: Pool,
  settings: PostgresSettings,
  topics: TopicSource | undefined,
  ndjsonDir?: string,
): Promise<Backup> {
  const url = settings.DATABASE_URL;
  const takenAt = new Date().toISOString();
  const id = takenAt.replaceAll(/[-:]/g, '').replace('.', '');
  const folder = catalogue.begin(id);
  const { rows } = await pool.query<{ server_version: string }>('show server_version');
  const before = await readFacts(pool);
  const line = await takeBaseBackup(url, folder, `attention-oracle ${id}`);
  const after = await readFacts(pool);
  if (topics !== undefined) await writeTopics(catalogue, id, topics);
  const ndjson = ndjsonDir === undefined ? {} : { ndjson: await archiveNdjson(ndjsonDir, folder) };
  const backup = await catalogue.finish({
    ...{ id, takenAt, before, after, line, ...ndjson },
    serverVersion: rows[0]?.server_version ?? '',
    schema: settings.DATABASE_SCHEMA,
    topics: topics !== undefined,
  });
  if (WalArchive.find(catalogue.folder, line) !== undefined)
    await archiveWal(catalogue, { url, pool, backups: catalogue.folder });
  return backup;
}

async function writeTopics(catalogue: Catalogue, id: string, { kafka, rules, keyFile }: TopicSource): Promise<void> {
  const key = readSigningKey(keyFile);
  const codec = await RecordCodec.connect(kafka.settings);
  const directory = catalogue.topicsOf({ id: `${id}.partial` });
  await writeArchive({ kafka, codec, directory, rules, key, createdAt: new Date() });
}

/** Archives what is committed by now, and notes what is in it. Begins the archive where there is none. */
export async function archiveWal(catalogue: Catalogue, source: WalSource): Promise<WalState> {
  const archive = await openWalArchive(source);
  const facts = await readFacts(source.pool);
  const mark = await markWal(source.pool);
  const state = await archiveOnce(source, archive);
  catalogue.noteMark(state, { lsn: formatLsn(mark), facts });
  return state;
}

/** Whether the WAL of this server, as it is now, is archived there. */
export async function currentWal(url: string, backups: string): Promise<WalArchive | undefined> {
  const client = await openReplication(url);
  try {
    return WalArchive.find(backups, await identify(client));
  } finally {
    await client.end();
  }
}
