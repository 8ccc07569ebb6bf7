/**
 * The platforms that run on this machine, for the operators' tools: each `npm start` leaves its variables in its data folder and
 * a note of that folder in the checkout. Both count only while that very process lives, however it ended.
 */

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rootDir } from '../../bootstrap/paths.mjs';
import { processIdentity } from '../../bootstrap/process-identity.mjs';

export interface RunningPlatform {
  /** Absolute. */
  readonly dataDir: string;
  /** Of `npm start`. */
  readonly pid: number;
  /** Variables that its roles and tools share; the database's URL holds a password. */
  readonly variables: Readonly<Record<string, string>>;
}

interface Owner {
  readonly pid: number;
  /** Tells the process from others that get the same id. */
  readonly identity: string;
}

const FILE = 'platform.json';
/** Notes of the data folders, one file a process. */
export const PLATFORMS_DIR = join(rootDir, '.data', 'platforms');

/** Announces this process as the platform on a data folder. @returns what takes that back. */
export function announcePlatform(
  dataDir: string,
  variables: Readonly<Record<string, string>>,
  platformsDir: string = PLATFORMS_DIR,
): { stop(): Promise<void> } {
  const owner: Owner = { pid: process.pid, identity: processIdentity(process.pid) ?? '' };
  const file = join(dataDir, FILE);
  const note = join(platformsDir, `${process.pid}.json`);
  mkdirSync(platformsDir, { recursive: true });
  for (const name of readdirSync(platformsDir)) {
    const path = join(platformsDir, name);
    if (!isAlive(readJson<Owner>(path))) rmSync(path, { force: true });
  }
  writeWhole(file, { ...owner, variables });
  writeWhole(note, { ...owner, dataDir });
  return {
    async stop() {
      for (const path of [note, file]) rmSync(path, { force: true });
    },
  };
}

/** The platform that runs on a data folder. */
export function platformOn(dataDir: string): RunningPlatform | undefined {
  const found = readJson<Owner & { variables: Record<string, string> }>(join(dataDir, FILE));
  if (found === undefined || !isAlive(found)) return undefined;
  return { dataDir: resolve(dataDir), pid: found.pid, variables: found.variables };
}

/** Every platform that was started from this checkout and runs. */
export function runningPlatforms(platformsDir: string = PLATFORMS_DIR): RunningPlatform[] {
  let names: string[];
  try {
    names = readdirSync(platformsDir);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const note = readJson<Owner & { dataDir: string }>(join(platformsDir, name));
    const platform = note === undefined ? undefined : platformOn(note.dataDir);
    return platform === undefined || platform.pid !== note?.pid ? [] : [platform];
  });
}

function isAlive(owner: Owner | undefined): boolean {
  return owner !== undefined && owner.identity !== '' && processIdentity(owner.pid) === owner.identity;
}

function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

/** Nobody reads half of it; readable by its owner only. */
function writeWhole(path: string, content: unknown): void {
  const fresh = `${path}.${process.pid}.new`;
  rmSync(fresh, { force: true });
  writeFileSync(fresh, JSON.stringify(content), { mode: 0o600 });
  renameSync(fresh, path);
}
