/** A base backup by PostgreSQL's own replication protocol, as pg_basebackup takes it: no program of the server's version is needed. */

import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type pg from 'pg';
import { AppError, messageOf } from '../../runtime/errors.ts';
import type { WalLine } from './lsn.ts';
import { copyOut, identify, openReplication } from './replication.ts';

/** Files of a backup, in its folder. */
export const TAR = 'base.tar';
export const MANIFEST = 'backup_manifest';

/**
 * Writes the cluster's files with the WAL that makes them consistent, and their manifest with SHA-256 digests, to the folder.
 * @returns the server that was backed up.
 * @throws AppError BACKUP_FAILED
 */
export async function takeBaseBackup(url: string, folder: string, label: string): Promise<WalLine> {
  let client: pg.Client | undefined;
  const parts = new BackupParts(folder);
  try {
    client = await openReplication(url);
    const { systemId, timeline } = await identify(client);
    const text = `BASE_BACKUP (LABEL ${client.escapeLiteral(label)}, CHECKPOINT 'fast', WAL true, MANIFEST 'yes', MANIFEST_CHECKSUMS 'SHA256')`;
    await copyOut(
      client,
      text,
      (chunk, { stream }) => {
        const full = parts.take(Buffer.from(chunk));
        // What was read before the pause still comes.
        if (full === undefined || full.listenerCount('drain') > 0) return;
        stream.pause();
        full.once('drain', () => stream.resume());
      },
      (fail) => {
        parts.onError = fail;
      },
    );
    await parts.close();
    return { systemId, timeline };
  } catch (cause) {
    throw new AppError(
      'BACKUP_FAILED',
      `No base backup: ${messageOf(cause)}. The database user needs REPLICATION, the server wal_level replica and a free max_wal_senders. Nothing of it is listed.`,
      { cause },
    );
  } finally {
    await client?.end().catch(() => undefined);
  }
}

/** The archives in the stream: each begins with a message n, the manifest with m, and has its bytes in messages d. */
class BackupParts {
  readonly #folder: string;
  readonly #files: WriteStream[] = [];
  onError: (error: Error) => void = () => undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @returns the file, where it must be waited for. */
  take(message: Buffer): WriteStream | undefined {
    const kind = String.fromCharCode(message[0] ?? 0);
    if (kind === 'n') this.#open(archiveName(message));
    else if (kind === 'm') this.#open(MANIFEST);
    else if (kind === 'd') {
      const file = this.#files.at(-1);
      if (file === undefined) throw new AppError('UNEXPECTED', 'The server sent bytes of no archive.');
      if (!file.write(message.subarray(1))) return file;
    }
    return undefined;
  }

  async close(): Promise<void> {
    for (const file of this.#files) {
      file.end();
      await finished(file);
    }
    const names = this.#files.map(({ path }) => String(path));
    if (![TAR, MANIFEST].every((name) => names.includes(join(this.#folder, name))))
      throw new AppError('BACKUP_FAILED', 'The server ended the stream before the manifest.');
  }

  /** The one before is ended with all of them: a file that ends tells no more that it has drained, and the stream would wait for it. */
  #open(name: string): void {
    const file = createWriteStream(join(this.#folder, name), { flags: 'wx', mode: 0o600 });
    file.on('error', (error) => this.onError(error));
    this.#files.push(file);
  }
}

/** @throws AppError BACKUP_FAILED for a tablespace, whose path another machine does not have. */
function archiveName(message: Buffer): string {
  const name = message.subarray(1, message.indexOf(0, 1)).toString();
  if (name === TAR) return name;
  throw new AppError('BACKUP_FAILED', `The server has a tablespace of its own (${name}): use pg_basebackup for it.`);
}
