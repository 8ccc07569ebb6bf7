/** Restores a backup into a fresh server and compares what is in it. */

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRestored } from '../../local/stack/restored-postgres.ts';
import { AppError } from '../../runtime/errors.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { createPool, type PostgresSettings } from '../../runtime/postgres/pool.ts';
import type { Backup, Catalogue } from './catalogue.ts';
import { compareFacts, readFacts, rebuildTrees } from './facts.ts';
import { unpack } from './unpack.ts';

export interface Verified {
  readonly id: string;
  readonly files: number;
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
  const from = new URL(settings.DATABASE_URL);
  const login = { user: decodeURIComponent(from.username || 'postgres'), database: from.pathname.slice(1) };
  let files = 0;
  const server = await startRestored(
    mkdtempSync(join(tmpdir(), 'ao-backup-')),
    async (data) => {
      files = await unpack(catalogue.folderOf(backup), data);
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
    const restored = await readFacts(pool);
    const { trees, faults } = await rebuildTrees(pool);
    const all = [...compareFacts(restored, backup.before, backup.after), ...faults];
    if (all.length > 0)
      throw new AppError(
        'BACKUP_DAMAGED',
        `Backup ${backup.id} restores to something else: ${all.join('; ')}. Use an older backup, and take a new one.`,
      );
    catalogue.noteVerified(backup, new Date().toISOString());
    return {
      id: backup.id,
      files,
      counts: restored.counts,
      roots: restored.roots.length,
      trees,
      durationMs: Date.now() - startedMs,
    };
  } finally {
    await pool.end();
    await server.stop();
  }
}
