/** Backups in a folder: each a folder of its own, that gets its name when it is whole. */

import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../runtime/errors.ts';
import { MANIFEST, TAR } from './base-backup.ts';
import type { Facts } from './facts.ts';
import type { WalLine } from './lsn.ts';
import { NDJSON } from './ndjson.ts';

export interface Backup {
  /** UTC, sorts by time. */
  readonly id: string;
  /** ISO 8601, UTC: it holds everything that was committed by then. */
  readonly takenAt: string;
  /** Of PostgreSQL. */
  readonly serverVersion: string;
  readonly schema: string;
  /** Of the server; the WAL that follows it is archived under the same. Not there in backups of older releases. */
  readonly line?: WalLine;
  /** Whether the topics are in it, in the folder `topics`. */
  readonly topics?: boolean;
  /** NDJSON logs of the listener in it; not there where they are no part of it. */
  readonly ndjson?: number;
  /** SHA-256 of its files, by name. */
  readonly digests: Readonly<Record<string, string>>;
  readonly before: Facts;
  readonly after: Facts;
  /** When a restore of it was last compared, and found equal; null: never. */
  readonly verifiedAt: string | null;
}

export interface WalMark {
  readonly lsn: string;
  readonly facts: Facts;
}

const RECORD = 'backup.json';
const TOPICS_FOLDER = 'topics';

export class Catalogue {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Newest first. */
  list(): Backup[] {
    if (!existsSync(this.folder)) return [];
    const ids = readdirSync(this.folder).filter(
      (name) => existsSync(join(this.folder, name, RECORD)) && !name.endsWith('.partial'),
    );
    return ids
      .sort()
      .reverse()
      .map((id) => this.#read(id));
  }

  /** @throws AppError ARGUMENT_INVALID when there is none of that id, or none at all. */
  find(id: string): Backup {
    const found = id === 'newest' ? this.list()[0] : this.list().find((backup) => backup.id === id);
    if (found !== undefined) return found;
    throw new AppError(
      'ARGUMENT_INVALID',
      `There is no backup ${id} in ${this.folder}: \`ao backup list\` shows those that are there.`,
    );
  }

  folderOf({ id }: Pick<Backup, 'id'>): string {
    return join(this.folder, id);
  }

  /** A folder for a backup that is not whole yet; what a broken run left is removed. */
  begin(id: string): string {
    const folder = join(this.folder, `${id}.partial`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  async finish(backup: Omit<Backup, 'digests' | 'verifiedAt'>): Promise<Backup> {
    const partial = join(this.folder, `${backup.id}.partial`);
    const digests: Record<string, string> = {};
    const files = [TAR, MANIFEST, ...(backup.ndjson === undefined ? [] : [NDJSON])];
    for (const name of files) digests[name] = await digestOf(join(partial, name));
    const whole: Backup = { ...backup, digests, verifiedAt: null };
    writeFileSync(join(partial, RECORD), `${JSON.stringify(whole)}\n`, { mode: 0o600 });
    renameSync(partial, this.folderOf(backup));
    return whole;
  }

  /** @throws AppError BACKUP_DAMAGED when a file is not the one that was written. */
  async checkDigests(backup: Backup): Promise<void> {
    for (const [name, digest] of Object.entries(backup.digests)) {
      const path = join(this.folderOf(backup), name);
      const now = existsSync(path) ? await digestOf(path) : 'missing';
      if (now !== digest)
        throw new AppError(
          'BACKUP_DAMAGED',
          `${path} is not what was backed up (SHA-256 ${now}, not ${digest}). Use an older backup, and take a new one.`,
        );
    }
  }

  /** Its topics. */
  topicsOf(backup: Pick<Backup, 'id'>): string {
    return join(this.folderOf(backup), TOPICS_FOLDER);
  }

  /** What was in the database before a position of the archived WAL. */
  noteMark(line: WalLine, mark: WalMark): void {
    writeWhole(this.#markFile(line), mark);
  }

  readMark({ line }: Backup): WalMark | undefined {
    const path = line === undefined ? undefined : this.#markFile(line);
    if (path === undefined || !existsSync(path)) return undefined;
    return JSON.parse(readFileSync(path, 'utf8')) as WalMark;
  }

  noteVerified(backup: Backup, at: string): void {
    writeWhole(join(this.folderOf(backup), RECORD), { ...backup, verifiedAt: at });
  }

  #markFile({ systemId, timeline }: WalLine): string {
    return join(this.folder, 'wal', `${systemId}-${timeline}`, 'mark.json');
  }

  #read(id: string): Backup {
    return JSON.parse(readFileSync(join(this.folder, id, RECORD), 'utf8')) as Backup;
  }
}

/** Nobody reads half of it. */
export function writeWhole(path: string, content: unknown): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(content)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
