/** `ao backup wal` and `ao backup status`: the WAL archived as it is written, and how much would be lost now. */

import type { Command } from 'commander';
import { z } from 'zod';
import { loadConfig, postgresConfig } from '../../runtime/config.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { createPool } from '../../runtime/postgres/pool.ts';
import { Catalogue } from '../backup/catalogue.ts';
import { judgeBackups } from '../backup/judge.ts';
import { archiveWal, currentWal } from '../backup/take.ts';
import type { WalState } from '../backup/wal-archive.ts';
import { dropSlot, openWalArchive, receiveWal, type WalSource } from '../backup/wal-receiver.ts';
import { wholeAbove0 } from '../options.ts';
import { printJson, printLine } from '../print.ts';

export interface BackupOptions {
  dir: string;
  json?: boolean;
}

interface WalOptions extends BackupOptions {
  once?: boolean;
  end?: boolean;
}

interface StatusOptions extends BackupOptions {
  rpoSeconds: number;
  backupHours: number;
}

export function addBackupWalCommands(add: (name: string, description: string, example: string) => Command): void {
  add('wal', 'archive the WAL as the server writes it, until it is ended', 'wal --dir /backups')
    .option('--once', 'archive what is committed by now, and end: at least once an hour')
    .option('--end', 'archive no more: give back what the server keeps for the archive')
    .action(wal);
  add(
    'status',
    'what would be lost with the server now; status 1 when it is more than it may be, or no backup is verified',
    'status --dir /backups',
  )
    .option('--rpo-seconds <n>', 'what may be lost', wholeAbove0, 3600)
    .option('--backup-hours <n>', 'age of the newest verified backup at most', wholeAbove0, 26)
    .action(status);
}

async function withSource<T>(dir: string, work: (source: WalSource) => Promise<T>): Promise<T> {
  const settings = loadConfig(z.object(postgresConfig), process.env);
  const pool = createPool(settings, 'ao-backup', silentLogger());
  try {
    return await work({ url: settings.DATABASE_URL, pool, backups: dir });
  } finally {
    await pool.end();
  }
}

async function wal({ dir, once, end, json }: WalOptions): Promise<void> {
  await withSource(dir, async (source) => {
    if (end === true) {
      const dropped = await dropSlot(source.pool);
      printLine(dropped ? 'the server keeps no WAL for the archive any more' : 'the server kept none for it');
    } else if (once === true) {
      const state = await archiveWal(new Catalogue(dir), source);
      if (json === true) printJson(state);
      else printLine(`archived up to ${state.endLsn}, everything that was committed by ${state.caughtUpAt}`);
    } else await archiveOn(source, json === true);
  });
}

async function archiveOn(source: WalSource, json: boolean): Promise<void> {
  const ended = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => ended.abort());
  const archive = await openWalArchive(source);
  let said = '';
  const say = (state: WalState): void => {
    if (state.endLsn === said) return;
    said = state.endLsn;
    if (json) printJson(state);
  };
  if (!json) printLine(`archiving from ${archive.state.endLsn} on`);
  await receiveWal(source.url, archive, { signal: ended.signal, onFlush: say });
}

async function status({ dir, rpoSeconds, backupHours, json }: StatusOptions): Promise<void> {
  await withSource(dir, async ({ url }) => {
    const archive = await currentWal(url, dir);
    const found = judgeBackups(new Catalogue(dir).list(), archive?.state, { rpoSeconds, backupHours }, Date.now());
    if (json === true) printJson(found);
    else {
      printLine(
        `newest verified backup: ${found.newestVerified ?? 'none'}; WAL is archived up to ${found.caughtUpAt ?? 'never'}; ${found.lossSeconds ?? 'all'} s would be lost with the server now`,
      );
      for (const fault of found.faults) printLine(fault);
    }
    if (found.faults.length > 0) process.exitCode = 1;
  });
}
