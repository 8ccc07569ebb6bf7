import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { tryLock, withLock } from './file-lock.mjs';
import { processIdentity } from './process-identity.mjs';

let dir: string;
let path: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lock-'));
  path = join(dir, 'a.lock');
});

afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

describe('a lock file', () => {
  it('is held by one at a time, who is named, and free again after release', () => {
    const first = tryLock(path);
    expect(tryLock(path)).toEqual({ heldBy: process.pid });
    first.release?.();
    expect(existsSync(path)).toBe(false);
    expect(tryLock(path).release).toBeDefined();
  });

  it('of a process that is gone is taken over, although its id is in use again', () => {
    writeFileSync(path, JSON.stringify({ pid: process.ppid, identity: 'an earlier boot/123' }));
    expect(tryLock(path).release).toBeDefined();
  });

  it('of a living process is respected', () => {
    writeFileSync(path, JSON.stringify({ pid: process.ppid, identity: processIdentity(process.ppid) }));
    expect(tryLock(path)).toEqual({ heldBy: process.ppid });
  });

  it('that holds nonsense is taken over', () => {
    writeFileSync(path, 'half a fi');
    expect(tryLock(path).release).toBeDefined();
  });

  it('leaves no other files behind', () => {
    writeFileSync(path, 'nonsense');
    tryLock(path).release?.();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('lets waiting work run one after the other and says whom it waits for', async () => {
    const waitedFor: number[] = [];
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
    };
    await Promise.all([1, 2, 3].map(() => withLock(path, (pid) => waitedFor.push(pid), work)));
    expect(most).toBe(1);
    expect(waitedFor).toEqual([process.pid, process.pid]);
  });
});
