import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock } from '../../bootstrap/file-lock.mjs';
import { AppError } from '../../runtime/errors.ts';
import { type PartMode, type PartName, partNames } from './decide.ts';
import { removeMovedPlace } from './postgres-user.ts';
import { endLeftover, pidFileName } from './process.ts';

const modesFileName = 'stack.json';

/** Takes the data folder for this process; gives what releases it. AppError STACK_IN_USE when another living process has it. */
export function lockData(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true });
  const lock = tryLock(join(dataDir, 'stack.lock'));
  if (lock.release !== undefined) return lock.release;
  throw new AppError(
    'STACK_IN_USE',
    `Another stack (process ${lock.heldBy}) is running on ${dataDir}: stop it, or choose another folder with --data.`,
  );
}

/** How the data in this folder was made. */
export function recordedModes(dataDir: string): Partial<Record<PartName, PartMode>> {
  try {
    return JSON.parse(readFileSync(join(dataDir, modesFileName), 'utf8')) as Partial<Record<PartName, PartMode>>;
  } catch {
    return {};
  }
}

/** Remembers how the data in this folder is made; an external part leaves what was said about earlier data. */
export function recordModes(dataDir: string, modes: Readonly<Record<PartName, PartMode>>): void {
  const made = Object.entries(modes).filter(([, mode]) => mode !== 'external');
  const all = { ...recordedModes(dataDir), ...Object.fromEntries(made) };
  writeFileSync(join(dataDir, modesFileName), `${JSON.stringify(all)}\n`);
}

/** Throws away what earlier starts of the stack have kept, in this folder and where it points to; nothing else in it. */
export async function removeStackData(dataDir: string): Promise<void> {
  for (const name of partNames)
    await endLeftover(join(dataDir, name, pidFileName), name === 'postgres' ? 'SIGINT' : 'SIGTERM');
  removeMovedPlace(join(dataDir, 'postgres'));
  if (Object.values(recordedModes(dataDir)).includes('container')) {
    const { removeContainerData } = await import('./containers.ts');
    await removeContainerData(dataDir);
  }
  for (const name of [...partNames, modesFileName]) rmSync(join(dataDir, name), { recursive: true, force: true });
}
