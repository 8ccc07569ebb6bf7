import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { processIdentity } from '../../bootstrap/process-identity.mjs';
import { capLog, endLeftover, type ManagedProcess, type ProcessSpec, startProcess } from './process.ts';

let dir: string;
let running: ManagedProcess[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'process test-'));
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map((managed) => managed.stop()));
  rmSync(dir, { recursive: true, force: true });
});

function start(script: string, overrides: Partial<ProcessSpec> = {}): ManagedProcess {
  const managed = startProcess({
    name: 'The program',
    command: '/bin/sh',
    args: ['-c', script],
    cwd: dir,
    logFile: join(dir, 'out.log'),
    pidFile: join(dir, 'process.pid'),
    stopSignal: 'SIGTERM',
    ...overrides,
  });
  running.push(managed);
  return managed;
}

const PATIENCE = { idleMs: 60_000 };

const untilFile = (name: string) => async (): Promise<boolean> => existsSync(join(dir, name));

describe('a program run beside us', () => {
  it('is ready when its probe says so, and gone after stop with its pid file', async () => {
    const managed = start('touch ready; exec sleep 60');
    await managed.waitUntilReady(untilFile('ready'), PATIENCE);
    expect(processIdentity(managed.pid)).toBeDefined();
    await managed.stop();
    expect(processIdentity(managed.pid)).toBeUndefined();
    expect(existsSync(join(dir, 'process.pid'))).toBe(false);
  });

  it('is ended by force when it ignores the request', async () => {
    const managed = start("trap '' TERM; touch ready; while :; do sleep 0.05; done", { stopTimeoutMs: 200 });
    await managed.waitUntilReady(untilFile('ready'), PATIENCE);
    await managed.stop();
    expect(await managed.exited).toBe('signal SIGKILL');
  });

  it('fails with the end of its log when it ends before it is ready', async () => {
    const managed = start('echo the reason; exit 3');
    await expect(managed.waitUntilReady(async () => false, PATIENCE)).rejects.toMatchObject({
      code: 'STACK_PART_FAILED',
      message: expect.stringMatching(/^The program ended with status 3 before it was ready[^]*the reason/),
    });
  });

  it('tells a taken port from other failures, so that another can be tried', async () => {
    const managed = start('echo "bind: Address already in use"; exit 1');
    await expect(managed.waitUntilReady(async () => false, PATIENCE)).rejects.toMatchObject({
      code: 'STACK_PORT_TAKEN',
    });
  });

  it('fails when it does nothing any more', async () => {
    const managed = start('exec sleep 60');
    await expect(managed.waitUntilReady(async () => false, { idleMs: 100 })).rejects.toThrow(/did nothing for 0.1 s/);
  });

  it('is waited for as long as it computes or writes, however slow the machine makes it', async () => {
    const idle = { idleMs: 400 };
    const writing = start(
      'n=0; while [ $n -lt 20 ]; do echo $n; n=$((n + 1)); sleep 0.1; done; touch ready; exec sleep 60',
    );
    await expect(writing.waitUntilReady(untilFile('ready'), idle)).resolves.toBeUndefined();
    const computing = start('n=0; while [ $n -lt 1500000 ]; do n=$((n + 1)); done; touch computed; exec sleep 60');
    await expect(computing.waitUntilReady(untilFile('computed'), idle)).resolves.toBeUndefined();
  });

  it('fails at once when its log says that it failed, although its process lingers on', async () => {
    writeFileSync(join(dir, 'out.log'), 'it failed to start the last time\n');
    const failureInLog = /failed to start/;
    const healthy = start('touch ready; exec sleep 60', { failureInLog });
    await healthy.waitUntilReady(untilFile('ready'), PATIENCE);
    const lingering = start('echo "failed to start: the reason"; exec sleep 60', { failureInLog });
    await expect(lingering.waitUntilReady(async () => false, PATIENCE)).rejects.toMatchObject({
      code: 'STACK_PART_FAILED',
      retryable: true,
      message: expect.stringContaining('the reason'),
    });
  });

  it('is waited for no longer than asked', async () => {
    const managed = start('exec sleep 60');
    const asked = new AbortController();
    const waiting = managed.waitUntilReady(async () => false, { ...PATIENCE, signal: asked.signal });
    asked.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  it('that cannot be started says so', async () => {
    const managed = start('', { command: join(dir, 'no-such-program'), args: [] });
    await expect(managed.waitUntilReady(async () => false, PATIENCE)).rejects.toMatchObject({
      code: 'STACK_PART_FAILED',
    });
  });

  it('left over from an owner that died is ended at the next start', async () => {
    const managed = start('touch ready; exec sleep 60');
    await managed.waitUntilReady(untilFile('ready'), PATIENCE);
    await endLeftover(join(dir, 'process.pid'), 'SIGTERM');
    expect(await managed.exited).toBe('signal SIGTERM');
  });

  it('is left alone when a pid file names its id but not its start', async () => {
    const managed = start('touch ready; exec sleep 60');
    await managed.waitUntilReady(untilFile('ready'), PATIENCE);
    writeFileSync(join(dir, 'foreign.pid'), JSON.stringify({ pid: managed.pid, identity: 'another boot/1' }));
    await endLeftover(join(dir, 'foreign.pid'), 'SIGTERM');
    expect(processIdentity(managed.pid)).toBeDefined();
    expect(existsSync(join(dir, 'foreign.pid'))).toBe(false);
  });

  it('ignores a pid file that holds anything else', async () => {
    writeFileSync(join(dir, 'broken.pid'), 'not json');
    await expect(endLeftover(join(dir, 'broken.pid'), 'SIGTERM')).resolves.toBeUndefined();
  });
});

describe('a log file', () => {
  it('is cut when it passes its cap, and the part before is kept', () => {
    const file = join(dir, 'big.log');
    appendFileSync(file, 'x'.repeat(100));
    capLog(file, 100);
    expect(statSync(file).size).toBe(100);
    appendFileSync(file, 'y');
    capLog(file, 100);
    expect(statSync(file).size).toBe(0);
    expect(readFileSync(`${file}.1`, 'utf8')).toBe(`${'x'.repeat(100)}y`);
  });
});
