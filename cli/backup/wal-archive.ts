/** The WAL of one server and timeline in a folder: whole segments with their digests, and the one that is being written. */

import { createHash } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  existsSync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../runtime/errors.ts';
import { digestOf, writeWhole } from './catalogue.ts';
import { formatLsn, parseLsn, segmentName, segmentStart, type WalLine } from './lsn.ts';

export interface WalState extends WalLine {
  readonly segmentBytes: number;
  /** Of the first byte that is archived. */
  readonly startLsn: string;
  /** Behind the last byte that is archived. */
  readonly endLsn: string;
  /** SHA-256 of the newest segment up to there; null where it is empty. */
  readonly tailSha256: string | null;
  /** When everything that the server had written was archived, ISO 8601: what is lost with the server now is later than that. */
  readonly caughtUpAt: string | null;
}

const STATE = 'wal.json';
const DIGESTS = 'SHA256SUMS';

export class WalArchive {
  readonly #folder: string;
  #state: WalState;
  #file: { readonly name: string; readonly handle: number } | undefined;
  #end: bigint;
  #caughtUpAt: string | null;

  private constructor(folder: string, state: WalState) {
    this.#folder = folder;
    this.#state = state;
    this.#end = parseLsn(state.endLsn);
    this.#caughtUpAt = state.caughtUpAt;
  }

  /** @param backups Folder of the backups. @returns undefined where none was begun. */
  static find(backups: string, line: WalLine): WalArchive | undefined {
    const folder = folderOf(backups, line);
    const path = join(folder, STATE);
    if (!existsSync(path)) return undefined;
    return new WalArchive(folder, JSON.parse(readFileSync(path, 'utf8')) as WalState);
  }

  static begin(backups: string, line: WalLine, segmentBytes: number, lsn: bigint): WalArchive {
    const folder = folderOf(backups, line);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const start = formatLsn(segmentStart(lsn, segmentBytes));
    const archive = new WalArchive(folder, {
      ...line,
      ...{ segmentBytes, startLsn: start, endLsn: start, tailSha256: null, caughtUpAt: null },
    });
    archive.#write();
    return archive;
  }

  /** As it was last made safe. */
  get state(): WalState {
    return this.#state;
  }

  /** The segment that was not whole is received again from its beginning. */
  get resumeLsn(): bigint {
    return segmentStart(parseLsn(this.#state.endLsn), this.#state.segmentBytes);
  }

  get endLsn(): bigint {
    return this.#end;
  }

  /** Reads what another process has made safe meanwhile. */
  refresh(): WalState {
    this.#state = JSON.parse(readFileSync(join(this.#folder, STATE), 'utf8')) as WalState;
    return this.#state;
  }

  /** @throws AppError BACKUP_FAILED when bytes are missing in between. */
  append(lsn: bigint, bytes: Buffer): void {
    if (this.#file === undefined) this.#end = this.resumeLsn;
    if (lsn !== this.#end)
      throw new AppError('BACKUP_FAILED', `The server sent WAL from ${formatLsn(lsn)}, not ${formatLsn(this.#end)}.`);
    const { segmentBytes, timeline } = this.#state;
    for (let done = 0; done < bytes.length; ) {
      const at = Number(this.#end % BigInt(segmentBytes));
      this.#file ??= this.#open(segmentName(timeline, this.#end, segmentBytes));
      const wrote = writeSync(this.#file.handle, bytes, done, Math.min(bytes.length - done, segmentBytes - at), at);
      done += wrote;
      this.#end += BigInt(wrote);
      if (at + wrote === segmentBytes) this.#finishSegment();
    }
  }

  /** Everything that the server had written by then is here, once it is made safe. */
  noteCaughtUp(at: Date): void {
    this.#caughtUpAt = at.toISOString();
  }

  /** Makes safe what was appended. */
  flush(): void {
    if (this.#file !== undefined) fdatasyncSync(this.#file.handle);
    const { segmentBytes } = this.#state;
    // A segment that is being received again is not yet as far as what stands of it.
    if (this.#end < parseLsn(this.#state.endLsn)) return;
    const bytes = Number(this.#end % BigInt(segmentBytes));
    const tailSha256 =
      this.#file === undefined || bytes === 0 ? null : digestOfStart(join(this.#folder, this.#file.name), bytes);
    this.#state = { ...this.#state, endLsn: formatLsn(this.#end), tailSha256, caughtUpAt: this.#caughtUpAt };
    this.#write();
  }

  close(): void {
    if (this.#file === undefined) return;
    this.flush();
    closeSync(this.#file.handle);
    this.#file = undefined;
  }

  /**
   * Copies what follows a position into a folder, checked.
   * @returns behind the last byte.
   * @throws AppError BACKUP_DAMAGED where a segment is missing or is another one than was written.
   */
  async copyFrom(lsn: bigint, to: string): Promise<bigint> {
    const { segmentBytes, timeline, startLsn, endLsn, tailSha256 } = this.#state;
    const first = segmentStart(lsn, segmentBytes);
    const end = parseLsn(endLsn);
    if (first < parseLsn(startLsn))
      throw damaged(
        `begins at ${startLsn}, behind the end of the backup (${formatLsn(lsn)}): what is between is missing`,
      );
    const sums = this.#digests();
    for (let at = first; at < end; at += BigInt(segmentBytes)) {
      const name = segmentName(timeline, at, segmentBytes);
      const whole = at + BigInt(segmentBytes) <= end;
      const path = join(this.#folder, whole ? name : `${name}.partial`);
      if (!existsSync(path)) throw damaged(`lacks the segment ${name}`);
      const found = whole ? await digestOf(path) : digestOfStart(path, Number(end - at));
      if (found !== (whole ? sums.get(name) : tailSha256))
        throw damaged(`holds another segment ${name} than was written`);
      copyFileSync(path, join(to, name));
    }
    return end;
  }

  #open(name: string): { name: string; handle: number } {
    const partial = `${name}.partial`;
    const handle = openSync(join(this.#folder, partial), existsSync(join(this.#folder, partial)) ? 'r+' : 'w+', 0o600);
    ftruncateSync(handle, this.#state.segmentBytes);
    return { name: partial, handle };
  }

  #finishSegment(): void {
    if (this.#file === undefined) return;
    const { name, handle } = this.#file;
    fdatasyncSync(handle);
    closeSync(handle);
    this.#file = undefined;
    const path = join(this.#folder, name);
    const whole = name.replace(/\.partial$/, '');
    appendFileSync(join(this.#folder, DIGESTS), `${digestOfStart(path, this.#state.segmentBytes)}  ${whole}\n`);
    renameSync(path, join(this.#folder, whole));
    const endLsn = formatLsn(this.#end);
    this.#state = { ...this.#state, endLsn, tailSha256: null, caughtUpAt: this.#caughtUpAt };
    this.#write();
  }

  #digests(): Map<string, string> {
    const path = join(this.#folder, DIGESTS);
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
    return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
  }

  #write(): void {
    writeWhole(join(this.#folder, STATE), this.#state);
  }
}

function folderOf(backups: string, { systemId, timeline }: WalLine): string {
  return join(backups, 'wal', `${systemId}-${timeline}`);
}

function digestOfStart(path: string, bytes: number): string {
  const handle = openSync(path, 'r');
  try {
    const start = Buffer.alloc(bytes);
    return createHash('sha256')
      .update(start.subarray(0, readSync(handle, start, 0, bytes, 0)))
      .digest('hex');
  } finally {
    closeSync(handle);
  }
}

function damaged(what: string): AppError {
  return new AppError(
    'BACKUP_DAMAGED',
    `The WAL archive ${what}. Restore a newer backup, or this one as of its own time with --without-wal.`,
  );
}
