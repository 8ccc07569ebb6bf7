/** The listener's NDJSON logs as a part of a backup. */

import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../../runtime/errors.ts';

export const NDJSON = 'ndjson.tar.gz';
const run = promisify(execFile);

/**
 * @param from NDJSON_LOG_DIR of the listener.
 * @param folder Of the backup that is being made.
 * @returns how many files are in it.
 * @throws AppError OPTION_INVALID where there is no such log.
 */
export async function archiveNdjson(from: string, folder: string): Promise<number> {
  const names = existsSync(from) ? readdirSync(from).filter((name) => name.endsWith('.ndjson')) : [];
  if (names.length === 0)
    throw new AppError('OPTION_INVALID', `${from} holds no NDJSON log: name the listener's NDJSON_LOG_DIR.`);
  // What is written on meanwhile may end in half a line; the copy stands still, and is read by whole lines.
  const copy = mkdtempSync(join(tmpdir(), 'ao-ndjson-'));
  try {
    for (const name of names) cpSync(join(from, name), join(copy, name), { dereference: true });
    await run('tar', ['-czf', join(folder, NDJSON), '-C', copy, ...names]);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  return names.length;
}

/** @throws AppError BACKUP_DAMAGED where the archive does not hold so many files. */
export async function checkNdjson(folder: string, files: number): Promise<void> {
  const { stdout } = await run('tar', ['-tzf', join(folder, NDJSON)], { maxBuffer: 64 * 1024 * 1024 });
  const found = stdout.split('\n').filter((name) => name.endsWith('.ndjson')).length;
  if (found !== files)
    throw new AppError(
      'BACKUP_DAMAGED',
      `${join(folder, NDJSON)} holds ${found} NDJSON logs, not ${files}. Use an older backup.`,
    );
}
