import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../../runtime/errors.ts';
import { MANIFEST, TAR } from './base-backup.ts';
import { digestOf } from './catalogue.ts';

interface ManifestFile {
  readonly Path?: string;
  readonly Size: number;
  readonly Checksum?: string;
}

/**
 * Unpacks a backup into an empty folder, as a data folder of PostgreSQL, and holds each file to the server's own manifest.
 * @throws AppError OPTION_INVALID when there is something in the folder; BACKUP_DAMAGED
 */
export async function unpack(backupFolder: string, data: string): Promise<number> {
  if (existsSync(data) && readdirSync(data).length > 0)
    throw new AppError('OPTION_INVALID', `${data} is not empty: nothing is restored over what is there.`);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  // Whoever unpacks it owns it: the ids in the archive are of another machine.
  await promisify(execFile)('tar', ['--no-same-owner', '-xf', join(backupFolder, TAR), '-C', data]);
  const { Files: files } = JSON.parse(readFileSync(join(backupFolder, MANIFEST), 'utf8')) as { Files: ManifestFile[] };
  for (const { Path: path, Size: size, Checksum: checksum } of files) {
    if (path === undefined) continue;
    const file = join(data, path);
    if (
      !existsSync(file) ||
      statSync(file).size !== size ||
      (checksum !== undefined && (await digestOf(file)) !== checksum)
    )
      throw new AppError(
        'BACKUP_DAMAGED',
        `${path} is not the file that the server backed up. Use an older backup, and take a new one.`,
      );
  }
  return files.length;
}
