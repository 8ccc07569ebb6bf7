/** A data folder of PostgreSQL from a backup and the WAL that followed it. */

import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../runtime/errors.ts';
import { MANIFEST } from './base-backup.ts';
import type { Backup, Catalogue } from './catalogue.ts';
import { parseLsn } from './lsn.ts';
import { unpack } from './unpack.ts';
import { WalArchive } from './wal-archive.ts';

export interface RestoreOptions {
  readonly withoutWal?: boolean | undefined;
  /** Recovery ends before the first transaction that was committed later, ISO 8601. */
  readonly until?: string | undefined;
}

export interface Restored {
  readonly files: number;
  /** Behind the last archived byte that recovery will read; null where the backup stands alone. */
  readonly walEnd: bigint | null;
  /** What was committed later is not in it, ISO 8601. */
  readonly asOf: string;
}

/**
 * @param data An empty folder.
 * @throws AppError OPTION_INVALID, BACKUP_DAMAGED
 */
export async function restoreInto(
  catalogue: Catalogue,
  backup: Backup,
  data: string,
  { withoutWal = false, until }: RestoreOptions = {},
): Promise<Restored> {
  const folder = catalogue.folderOf(backup);
  const archive = withoutWal || backup.line === undefined ? undefined : WalArchive.find(catalogue.folder, backup.line);
  if (until !== undefined && archive === undefined)
    throw new AppError(
      'OPTION_INVALID',
      `Backup ${backup.id} has no WAL archive: it restores to ${backup.takenAt} only.`,
    );
  if (until !== undefined && Date.parse(until) < Date.parse(backup.takenAt))
    throw new AppError('OPTION_INVALID', `Backup ${backup.id} was taken later than ${until}: take an older one.`);
  const files = await unpack(folder, data);
  if (archive === undefined) return { files, walEnd: null, asOf: backup.takenAt };
  const backupEnd = endOf(folder);
  const { endLsn, caughtUpAt } = archive.state;
  if (parseLsn(endLsn) < backupEnd) return { files, walEnd: null, asOf: backup.takenAt };
  const walEnd = await archive.copyFrom(backupEnd, join(data, 'pg_wal'));
  // A life of its own begins with it: WAL of the former server never mixes with that of the restored one.
  writeFileSync(join(data, 'recovery.signal'), '', { mode: 0o600 });
  const settings = [
    "restore_command = 'false'",
    'hot_standby = off',
    "recovery_target_action = 'promote'",
    ...(until === undefined
      ? []
      : [`recovery_target_time = '${new Date(until).toISOString().replace('T', ' ').replace('Z', '+00')}'`]),
  ];
  appendFileSync(join(data, 'postgresql.auto.conf'), `${settings.join('\n')}\n`);
  return { files, walEnd, asOf: until ?? caughtUpAt ?? backup.takenAt };
}

/** Where its own WAL ends, by the server's manifest. */
function endOf(folder: string): bigint {
  const { 'WAL-Ranges': ranges } = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')) as {
    'WAL-Ranges': { readonly 'End-LSN': string }[];
  };
  return parseLsn(ranges.at(-1)?.['End-LSN'] ?? '0/0');
}
