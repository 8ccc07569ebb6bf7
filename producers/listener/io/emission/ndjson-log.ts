/** The optional NDJSON log: one line an event, rotated by size, bounded in total also across restarts. */

import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import pinoRoll from 'pino-roll';
import type { Logger } from '../../../../runtime/logging.ts';
import type { StreamEvent } from '../../../../schemas/records.ts';
import { eventLine, legacyLineText } from '../../core/emission/ndjson-lines.ts';

export type NdjsonFormat = 'event' | 'legacy';

export interface NdjsonOptions {
  readonly directory: string;
  /** Most megabytes of all files together. */
  readonly totalMb: number;
  readonly format: NdjsonFormat;
  readonly log: Logger;
}

const FILES = 10;
/** Event ids remembered, so that an event written live and again at finalized is one line. */
const REMEMBERED = 50_000;

export class NdjsonLog {
  readonly #stream: Awaited<ReturnType<typeof pinoRoll>>;
  readonly #format: NdjsonFormat;
  readonly #written = new Set<string>();

  private constructor(stream: Awaited<ReturnType<typeof pinoRoll>>, format: NdjsonFormat) {
    this.#stream = stream;
    this.#format = format;
  }

  /** @throws when the folder cannot be made or written. */
  static async open(options: NdjsonOptions): Promise<NdjsonLog> {
    await trim(options.directory, (options.totalMb * 1_048_576 * (FILES - 1)) / (FILES + 1));
    const stream = await pinoRoll({
      file: join(options.directory, 'events.ndjson'),
      // A file may grow a little past its size before it is rolled: one of the parts stays unused.
      size: `${Math.max(1, Math.floor((options.totalMb * 1024) / (FILES + 1)))}k`,
      limit: { count: FILES - 1, removeOtherLogFiles: true },
      mkdir: true,
      // A roll waits for the buffer to drain: with buffered writes a burst would go into one file, whatever its size.
      sync: true,
    });
    // Full disks must not stop the stream: the log is a copy, the topic is the record.
    stream.on('error', (error: Error) => options.log.error({ err: error }, 'the NDJSON log cannot be written'));
    return new NdjsonLog(stream, options.format);
  }

  write(event: StreamEvent): void {
    if (this.#written.has(event.eventId)) return;
    this.#written.add(event.eventId);
    if (this.#written.size > REMEMBERED) {
      for (const eventId of this.#written) {
        this.#written.delete(eventId);
        break;
      }
    }
    this.#stream.write(`${this.#format === 'legacy' ? legacyLineText(event) : eventLine(event)}\n`);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#stream.once('close', () => resolve());
      this.#stream.end();
    });
  }
}

/** Removes the oldest files beyond `bytes`: what an earlier run with a larger limit has left. */
async function trim(directory: string, bytes: number): Promise<void> {
  await mkdir(directory, { recursive: true });
  const files: { path: string; number: number; bytes: number }[] = [];
  for (const name of await readdir(directory)) {
    const number = /^events\.(\d+)\.ndjson$/.exec(name)?.[1];
    if (number === undefined) continue;
    const path = join(directory, name);
    files.push({ path, number: Number(number), bytes: (await stat(path)).size });
  }
  let total = 0;
  for (const file of files.sort((a, b) => b.number - a.number)) {
    total += file.bytes;
    if (total > bytes) await rm(file.path, { force: true });
  }
}
