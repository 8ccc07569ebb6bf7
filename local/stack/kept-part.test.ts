import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '../../runtime/errors.ts';
import { type KeepPartOptions, type KeptPart, keepPart } from './kept-part.ts';
import type { StartedPart } from './part.ts';
import { startProcess } from './process.ts';

let dir: string;
let kept: KeptPart | undefined;
let lines: string[];
let asked: unknown[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kept-'));
  lines = [];
  asked = [];
});

afterEach(async () => {
  await kept?.stop();
  kept = undefined;
  rmSync(dir, { recursive: true, force: true });
});

function startSleeper(): StartedPart {
  const sleeper = startProcess({
    name: 'The part',
    command: '/bin/sh',
    args: ['-c', 'exec sleep 600'],
    cwd: dir,
    logFile: join(dir, 'part.log'),
    pidFile: join(dir, 'part.pid'),
    stopSignal: 'SIGTERM',
  });
  return { ...sleeper, address: '127.0.0.1:4321' };
}

/** @param onStart Called with the number of the start, before it. */
async function keep(onStart: (attempt: number) => void = () => undefined): Promise<KeptPart> {
  const options: KeepPartOptions = {
    title: 'The part',
    ports: { preferred: 4000 },
    log: (line) => lines.push(line),
    async start({ ports }) {
      asked.push(ports);
      onStart(asked.length);
      return startSleeper();
    },
  };
  kept = await keepPart(options);
  return kept;
}

const taken = new AppError('STACK_PORT_TAKEN', 'the port is taken', { retryable: true });
const failed = new AppError('STACK_PART_FAILED', 'it ended', { retryable: true });

describe('a part that is kept', () => {
  it('is tried again at its first start, with any port when the preferred one was lost', async () => {
    await keep((attempt) => {
      if (attempt === 1) throw taken;
      if (attempt === 2) throw failed;
    });
    expect(asked).toEqual([{ preferred: 4000 }, { given: undefined }, { given: undefined }]);
    expect(lines).toEqual([
      'The part did not start, trying once more: the port is taken',
      'The part did not start, trying once more: it ended',
    ]);
  });

  it('is given up at its first start after three attempts, and at once when trying again cannot help', async () => {
    const always = (error: Error) => () => {
      throw error;
    };
    await expect(keep(always(failed))).rejects.toBe(failed);
    expect(asked).toHaveLength(3);
    const hopeless = new AppError('STACK_NO_JAVA', 'no Java');
    await expect(keep(always(hopeless))).rejects.toBe(hopeless);
    expect(asked).toHaveLength(4);
  });

  it('comes back at the same port after it died, however often that fails', async () => {
    const back = Promise.withResolvers<void>();
    const part = await keep((attempt) => {
      if (attempt === 2) throw taken;
      if (attempt === 3) queueMicrotask(back.resolve);
    });
    const { pid } = part;
    process.kill(pid ?? 0, 'SIGKILL');
    await back.promise;
    expect(asked.slice(1)).toEqual([{ given: 4321 }, { given: 4321 }]);
    expect(lines.join('\n')).toMatch(
      /ended with signal SIGKILL; starting it again in .*\n.*did not start: the port is taken/,
    );
    await part.stop();
    expect(part.pid).not.toBe(pid);
  });
});
