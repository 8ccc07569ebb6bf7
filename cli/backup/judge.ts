/** Whether the backups are as they must be. Pure. */

import type { Backup } from './catalogue.ts';
import type { WalState } from './wal-archive.ts';

export interface BackupLimits {
  /** What may be lost with the server. */
  readonly rpoSeconds: number;
  /** Age of the newest verified backup at most. */
  readonly backupHours: number;
}

export interface BackupVerdict {
  /** Id of a backup that restores with the WAL of the server as it is now; null: none is. */
  readonly newestVerified: string | null;
  readonly caughtUpAt: string | null;
  /** What was committed within so many seconds may be lost with the server now; null: nobody can tell. */
  readonly lossSeconds: number | null;
  /** One sentence each; none where all is well. */
  readonly faults: readonly string[];
}

/** @param wal Of the server as it is now; undefined where it is not archived. */
export function judgeBackups(
  backups: readonly Backup[],
  wal: WalState | undefined,
  { rpoSeconds, backupHours }: BackupLimits,
  nowMs: number,
): BackupVerdict {
  const faults: string[] = [];
  const newest = backups.find(({ verifiedAt }) => verifiedAt !== null);
  if (newest === undefined) faults.push('No backup is verified: `ao backup run`, then `ao backup verify`.');
  else if (nowMs - Date.parse(newest.takenAt) > backupHours * 3_600_000)
    faults.push(`The newest verified backup is of ${newest.takenAt}: \`ao backup run\`, then \`ao backup verify\`.`);
  const follows = newest?.line?.systemId === wal?.systemId && newest?.line?.timeline === wal?.timeline;
  if (wal === undefined)
    faults.push(
      'The WAL of the server as it is now is not archived: `ao backup wal`, or `ao backup wal --once` each hour.',
    );
  else if (newest !== undefined && !follows)
    faults.push('The newest verified backup is of another server, or of before a restore: take a new one.');
  const since = wal !== undefined && follows ? wal.caughtUpAt : (newest?.takenAt ?? null);
  const lossSeconds = since === null ? null : Math.max(0, Math.ceil((nowMs - Date.parse(since)) / 1000));
  if (wal !== undefined && (lossSeconds === null || lossSeconds > rpoSeconds))
    faults.push(
      `What was committed after ${since ?? 'the beginning'} is not archived: see why \`ao backup wal\` does not go on.`,
    );
  return { newestVerified: newest?.id ?? null, caughtUpAt: wal?.caughtUpAt ?? null, lossSeconds, faults };
}
