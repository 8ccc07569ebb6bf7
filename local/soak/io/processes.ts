/** The processes of a platform that `npm start` runs on a data folder: by their pid files, as they are at the moment. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { processIdentity } from '../../../bootstrap/process-identity.mjs';
import { pidFileName } from '../../stack/process.ts';

export interface FoundProcess {
  readonly pid: number;
  readonly identity: string;
}

/** Parts of the stack, each in a folder of its own. */
const PARTS = ['kafka', 'registry', 'postgres'];

/** By name: roles, the local chain and its traffic, and the parts of the stack. Those between two lives are left out. */
export function processesOf(dataDir: string): Map<string, FoundProcess> {
  const found = new Map<string, FoundProcess>();
  const note = (name: string, file: string): void => {
    const process = readPidFile(file);
    if (process !== undefined) found.set(name, process);
  };
  for (const file of namesIn(join(dataDir, 'run')))
    if (file.endsWith('.pid')) note(file.slice(0, -'.pid'.length), join(dataDir, 'run', file));
  for (const part of PARTS) note(part, join(dataDir, part, pidFileName));
  return found;
}

/** Resident memory, bytes; undefined once the process is gone. Linux. */
export function rssBytes(pid: number): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

/** What the logs of the roles have grown by since the last look: a log that was cut begins anew. */
export class LogGrowth {
  readonly #dir: string;
  readonly #sizes = new Map<string, number>();
  bytes = 0;

  /** What stands in the logs already is not counted. */
  constructor(dataDir: string) {
    this.#dir = join(dataDir, 'logs');
    this.look();
    this.bytes = 0;
  }

  look(): void {
    for (const name of namesIn(this.#dir)) {
      if (!name.endsWith('.log')) continue;
      const { size } = statSync(join(this.#dir, name));
      const before = this.#sizes.get(name) ?? 0;
      this.bytes += size >= before ? size - before : size;
      this.#sizes.set(name, size);
    }
  }
}

function readPidFile(file: string): FoundProcess | undefined {
  try {
    const { pid, identity } = JSON.parse(readFileSync(file, 'utf8')) as FoundProcess;
    return processIdentity(pid) === identity ? { pid, identity } : undefined;
  } catch {
    return undefined;
  }
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
