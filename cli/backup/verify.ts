/** Restores a backup into a fresh server and compares what is in it. */

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Archive } from '../../audit/io/archive.ts';
import { startRestored } from '../../local/stack/restored-postgres.ts';
import { AppError } from '../../runtime/errors.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { createPool, type Pool, type PostgresSettings } from '../../runtime/postgres/pool.ts';
import type { Backup, Catalogue, WalMark } from './catalogue.ts';
import { compareFacts, type Facts, readFacts, rebuildTrees } from './facts.ts';
import { formatLsn, parseLsn } from './lsn.ts';
import { checkNdjson } from './ndjson.ts';
import { type Restored, restoreInto } from './restore.ts';

export interface Verified {
  readonly id: string;
  readonly files: number;
  /** What was committed later is not in it, ISO 8601. */
  readonly asOf: string;
  /** Behind the last byte of archived WAL that was recovered; null: none is. */
  readonly walEnd: string | null;
  /** Records of the topics; null: they are not in it. */
  readonly records: number | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly roots: number;
  /** Trees that were hashed again from their leaves. */
  readonly trees: number;
  readonly durationMs: number;
}

/** @throws AppError BACKUP_DAMAGED with every difference; what starting a server throws. */
export async function verifyBackup(
  catalogue: Catalogue,
  backup: Backup,
  settings: PostgresSettings,
): Promise<Verified> {
  const startedMs = Date.now();
  await catalogue.checkDigests(backup);
  if (backup.ndjson !== undefined) await checkNdjson(catalogue.folderOf(backup), backup.ndjson);
  const from = new URL(settings.DATABASE_URL);
  const login = { user: decodeURIComponent(from.username || 'postgres'), database: from.pathname.slice(1) };
  let restored: Restored | undefined;
  const server = await startRestored(
    mkdtempSync(join(tmpdir(), 'ao-backup-')),
    async (data) => {
      restored = await restoreInto(catalogue, backup, data);
    },
    login,
  );
  const url = new URL(settings.DATABASE_URL);
  url.host = `127.0.0.1:${server.port}`;
  url.password = '';
  const pool = createPool(
    { ...settings, DATABASE_URL: url.toString(), DATABASE_SCHEMA: backup.schema, DATABASE_POOLER: 'none' },
    'ao-backup',
    silentLogger(),
  );
  try {
    const facts = await readFacts(pool);
    const { trees, faults } = await rebuildTrees(pool);
    const walEnd = restored?.walEnd ?? null;
    const all = [
      ...compareFacts(facts, ...boundsOf(catalogue, backup, walEnd)),
      ...(walEnd === null ? [] : await notRecovered(pool, catalogue.readMark(backup), walEnd)),
      ...faults,
    ];
    if (all.length > 0)
      throw new AppError(
        'BACKUP_DAMAGED',
        `Backup ${backup.id} restores to something else: ${all.join('; ')}. Use an older backup, and take a new one.`,
      );
    const records = backup.topics === true ? await checkTopics(catalogue, backup) : null;
    catalogue.noteVerified(backup, new Date().toISOString());
    return {
      id: backup.id,
      files: restored?.files ?? 0,
      asOf: restored?.asOf ?? backup.takenAt,
      walEnd: walEnd === null ? null : formatLsn(walEnd),
      records,
      counts: facts.counts,
      roots: facts.roots.length,
      trees,
      durationMs: Date.now() - startedMs,
    };
  } finally {
    await pool.end();
    await server.stop();
  }
}

/** What must be in it, and what may: rows come with archived WAL that nobody has counted. */
function boundsOf(catalogue: Catalogue, backup: Backup, walEnd: bigint | null): [Facts, Facts | undefined] {
  if (walEnd === null) return [backup.before, backup.after];
  const mark = catalogue.readMark(backup);
  return [mark !== undefined && parseLsn(mark.lsn) <= walEnd ? mark.facts : backup.before, undefined];
}

/** What was archived may end within a record; what was marked does not. */
async function notRecovered(pool: Pool, mark: WalMark | undefined, walEnd: bigint): Promise<string[]> {
  const { rows } = await pool.query<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn');
  const marked = mark === undefined ? 0n : parseLsn(mark.lsn);
  if (marked > walEnd || parseLsn(rows[0]?.lsn ?? '0/0') >= marked) return [];
  return [`recovery ended at ${rows[0]?.lsn}, before ${mark?.lsn}, which is archived`];
}

async function checkTopics(catalogue: Catalogue, backup: Backup): Promise<number> {
  const archive = Archive.open(catalogue.topicsOf(backup));
  await archive.assertWhole();
  const partitions = archive.manifest.topics.flatMap((topic) => topic.partitions);
  return partitions.reduce((sum, { records }) => sum + records, 0);
}
