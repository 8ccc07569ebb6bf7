/** Whether a program that is starting gets on with it. */

import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';

/** Ticks of /proc are hundredths of a second on every Linux that we know. */
const TICK_MS = 10;
/** Less computing than this share of the time is what an idle program does. */
const IDLE_SHARE = 1 / 60;

/** What a program has done since it was started; looked at again and again. */
export class Activity {
  readonly #pid: number;
  readonly #logFile: string;
  readonly #logStart: number;
  #logBytes = 0;
  #computedMs: number;
  #movedMs = Date.now();

  /** @param logStart Bytes that the log held before. */
  constructor(pid: number, logFile: string, logStart: number) {
    this.#pid = pid;
    this.#logFile = logFile;
    this.#logStart = logStart;
    this.#computedMs = computedMs(pid) ?? 0;
  }

  /** How long it has neither written nor computed anything worth the name, ms. Where computing cannot be seen, the log counts. */
  idleMs(): number {
    const now = Date.now();
    const bytes = sizeOf(this.#logFile);
    const computed = computedMs(this.#pid) ?? 0;
    const isMoving = computed - this.#computedMs > Math.max(TICK_MS, (now - this.#movedMs) * IDLE_SHARE);
    if (bytes !== this.#logBytes || isMoving) {
      this.#logBytes = bytes;
      this.#computedMs = computed;
      this.#movedMs = now;
    }
    return now - this.#movedMs;
  }

  /** Whether the log says it, from this start on. */
  logSaid(pattern: RegExp): boolean {
    const size = sizeOf(this.#logFile);
    // A log that was cut begins anew.
    const from = size < this.#logStart ? 0 : this.#logStart;
    return size > from && pattern.test(readFrom(this.#logFile, from, size - from));
  }
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}

function readFrom(file: string, from: number, length: number): string {
  try {
    const fd = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(Math.min(length, 1_000_000));
      return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, from));
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}

/** Processor time of a process and of its children that have ended, ms; undefined where /proc does not tell. */
function computedMs(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name is in parentheses and may hold spaces: fields are counted from the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0) * TICK_MS;
  } catch {
    return undefined;
  }
}
