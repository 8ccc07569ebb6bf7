import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { processIdentity } from './process-identity.mjs';

let child: ChildProcess | undefined;

afterEach(() => {
  child?.kill('SIGKILL');
});

/** Starts the fixture, without a terminal, and waits for its command to run. */
async function startForeground(): Promise<{ parent: ChildProcess; commandPid: number; lines: Interface }> {
  const fixture = fileURLToPath(new URL('./testing/foreground.mjs', import.meta.url));
  const parent = spawn(process.execPath, [fixture], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = parent;
  const lines = createInterface({ input: parent.stdout });
  const [line] = (await once(lines, 'line')) as [string];
  return { parent, commandPid: Number(line.replace('pid ', '')), lines };
}

describe('a command in the foreground', () => {
  it('gets a signal once although npm and its process group both pass it on, and its status is ours', async () => {
    const { parent, lines } = await startForeground();
    const said = once(lines, 'line');
    const ended = once(parent, 'exit');
    parent.kill('SIGTERM');
    parent.kill('SIGTERM');
    expect(await said).toEqual(['signals 1']);
    expect(await ended).toEqual([7, null]);
  });

  it('ends when the bootstrap is killed with kill -9', async () => {
    const { parent, commandPid } = await startForeground();
    parent.kill('SIGKILL');
    // The test's own time limit bounds the wait.
    while (processIdentity(commandPid) !== undefined) await delay(20);
    expect(processIdentity(commandPid)).toBeUndefined();
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('ends when npm is ended by %s and passes nothing on', async (signal) => {
    const fixture = fileURLToPath(new URL('./testing/foreground.mjs', import.meta.url));
    // As npm does it: a process, a shell, and under the shell the bootstrap.
    const shell = `${JSON.stringify(process.execPath)} ${JSON.stringify(fixture)}; true`;
    const script = `require('node:child_process').spawn('sh', ['-c', ${JSON.stringify(shell)}], { stdio: 'inherit' })`;
    const npm = spawn(process.execPath, ['-e', script], {
      env: { ...process.env, NODE_OPTIONS: '', npm_lifecycle_event: 'start' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = npm;
    const lines = createInterface({ input: npm.stdout });
    const [line] = (await once(lines, 'line')) as [string];
    const commandPid = Number(line.replace('pid ', ''));
    npm.kill(signal);
    while (processIdentity(commandPid) !== undefined) await delay(20);
    expect(processIdentity(commandPid)).toBeUndefined();
  });
});
