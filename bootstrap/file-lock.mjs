import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processIdentity } from './process-identity.mjs';

let attempts = 0;

function readOwner(path) {
  try {
    const owner = JSON.parse(readFileSync(path, 'utf8'));
    return Number.isInteger(owner.pid) ? owner : { pid: 0, identity: '' };
  } catch (error) {
    return error.code === 'ENOENT' ? undefined : { pid: 0, identity: '' };
  }
}

function isHeld(owner) {
  return owner.pid > 0 && processIdentity(owner.pid) === owner.identity;
}

/** Moves a dead owner's lock away; puts it back when it turns out to be somebody's fresh one. */
function removeStale(path, ownPath) {
  const aside = `${ownPath}.stale`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const owner = readOwner(aside);
  if (owner !== undefined && isHeld(owner)) {
    try {
      linkSync(aside, path);
    } catch {
      // Somebody else took the lock in the meantime; its real owner is told when it looks.
    }
  }
  rmSync(aside, { force: true });
}

/**
 * Takes a lock file that a dead process cannot keep. Gives { release() } or, when a living process holds it, { heldBy: pid }.
 * The file appears with its whole content (link), so nobody reads half of it.
 */
export function tryLock(path) {
  mkdirSync(dirname(path), { recursive: true });
  const ownPath = `${path}.${process.pid}.${++attempts}`;
  const content = JSON.stringify({ pid: process.pid, identity: processIdentity(process.pid) ?? '', attempt: attempts });
  writeFileSync(ownPath, content, { mode: 0o600 });
  try {
    for (;;) {
      try {
        linkSync(ownPath, path);
        return { release: () => release(path, content) };
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      const owner = readOwner(path);
      if (owner === undefined) continue;
      if (isHeld(owner)) return { heldBy: owner.pid };
      removeStale(path, ownPath);
    }
  } finally {
    rmSync(ownPath, { force: true });
  }
}

function release(path, content) {
  try {
    if (readFileSync(path, 'utf8') === content) rmSync(path, { force: true });
  } catch {
    // Already gone: nothing is held.
  }
}

/** Runs work while holding the lock, waiting for other processes; onWait(pid) is called once when it has to. */
export async function withLock(path, onWait, work) {
  let told = false;
  let lock = tryLock(path);
  while (lock.release === undefined) {
    if (!told) onWait(lock.heldBy);
    told = true;
    await delay(200);
    lock = tryLock(path);
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}
