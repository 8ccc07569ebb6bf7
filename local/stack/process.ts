import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import type { Socket } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processIdentity } from '../../bootstrap/process-identity.mjs';
import { AppError } from '../../runtime/errors.ts';
import { Activity } from './activity.ts';

/** Where each part's folder remembers its process. */
export const pidFileName = 'process.pid';

/** How long a part that is not ready yet, and so holds nothing of value, is given to end by itself. */
export const startingStopMs = 2000;

const logCapBytes = 8 * 1024 * 1024;
const logCheckIntervalMs = 5000;
const tailBytes = 4096;

/**
 * Becomes the program (exec) and leaves a watcher behind that ends it when descriptor 3 closes without the word "done":
 * the kernel closes it when we die, however we die. $0 is the signal to ask with.
 */
const watchedScript = `
(
  trap '' INT TERM HUP
  word=
  read -r word <&3
  [ "$word" = done ] && exit
  kill -s "$0" $$ 2>/dev/null
  tries=0
  while [ $tries -lt 100 ] && kill -0 $$ 2>/dev/null; do sleep 0.1; tries=$((tries + 1)); done
  kill -s KILL $$ 2>/dev/null
) >/dev/null 2>&1 &
exec "$@" 3<&-
`;

/** A program to run beside us. */
export interface ProcessSpec {
  /** For messages: "Kafka". */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
  /** Gets both output streams; cut when it passes 8 MB, the part before is kept as `.1`. */
  readonly logFile: string;
  /** Remembers the process, so that the next start can end it if it outlived us. */
  readonly pidFile: string;
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  /** How long stop() waits before SIGKILL. Default 15 s. */
  readonly stopTimeoutMs?: number;
  /** What its log says when it has failed to start, for a program whose process may linger on after that. */
  readonly failureInLog?: RegExp;
}

/** How long to wait for a program to be ready. */
export interface Patience {
  /** Given up only after doing nothing for so long: neither a line in its log nor a second of computing for each minute. */
  readonly idleMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A running program of ours. */
export interface ManagedProcess {
  readonly pid: number;
  /** Settles when the program has ended, with a text like "status 1" or "signal SIGKILL". */
  readonly exited: Promise<string>;
  /**
   * Polls until the probe says yes, for as long as the program gets on with it: a busy machine makes it slower, no failure.
   * @throws AppError STACK_PART_FAILED (retryable) when it ends first, says that it failed, or does nothing any more;
   * STACK_PORT_TAKEN; the signal's reason.
   */
  waitUntilReady(probe: () => Promise<boolean>, patience: Patience): Promise<void>;
  /** Ends the program, by force when asking does not help within that time. Safe to call twice. */
  stop(withinMs?: number): Promise<void>;
}

/** Ends the process that a pid file remembers, if that very process still runs. Call only when its owner is known to be gone. */
export async function endLeftover(pidFile: string, signal: 'SIGTERM' | 'SIGINT'): Promise<void> {
  let record: { pid?: unknown; identity?: unknown };
  try {
    record = JSON.parse(readFileSync(pidFile, 'utf8')) as typeof record;
  } catch {
    return;
  }
  const { pid, identity } = record;
  const isOurs = (): boolean => typeof pid === 'number' && processIdentity(pid) === identity;
  if (typeof pid === 'number' && isOurs()) {
    process.kill(pid, signal);
    const deadlineMs = Date.now() + 10_000;
    while (isOurs() && Date.now() < deadlineMs) await delay(50);
    if (isOurs()) process.kill(pid, 'SIGKILL');
    while (isOurs()) await delay(50);
  }
  rmSync(pidFile, { force: true });
}

/** The end of a log file, for an error message. */
function tailOf(logFile: string): string {
  try {
    return readFileSync(logFile).subarray(-tailBytes).toString('utf8').trim().split('\n').slice(-8).join('\n');
  } catch {
    return '';
  }
}

/** Cuts a log file that has passed the cap and keeps what it held as `.1`; whoever appends to it goes on at its start. */
export function capLog(logFile: string, capBytes: number = logCapBytes): void {
  try {
    if (statSync(logFile).size <= capBytes) return;
    copyFileSync(logFile, `${logFile}.1`);
    truncateSync(logFile);
  } catch {
    // The folder was removed under us: nothing to cap.
  }
}

function spawnWatched(spec: ProcessSpec, logFd: number): ChildProcess {
  const options = {
    cwd: spec.cwd,
    env: { ...process.env, ...spec.env },
    detached: true,
    ...(spec.uid === undefined ? {} : { uid: spec.uid }),
    ...(spec.gid === undefined ? {} : { gid: spec.gid }),
  };
  if (process.platform === 'win32') {
    return spawn(spec.command, spec.args, { ...options, stdio: ['ignore', logFd, logFd] });
  }
  const args = ['-c', watchedScript, spec.stopSignal.slice(3), spec.command, ...spec.args];
  return spawn('/bin/sh', args, { ...options, stdio: ['ignore', logFd, logFd, 'pipe'] });
}

/** Starts a program in a session of its own: Ctrl-C does not reach it, our stop() does, and it does not outlive us. */
export function startProcess(spec: ProcessSpec): ManagedProcess {
  mkdirSync(dirname(spec.logFile), { recursive: true });
  const logFd = openSync(spec.logFile, 'a');
  const logStart = fstatSync(logFd).size;
  const child = spawnWatched(spec, logFd);
  closeSync(logFd);
  const leash = child.stdio[3] as Socket | undefined;
  leash?.on('error', () => undefined);
  (leash as { unref?: () => void } | undefined)?.unref?.();

  let ended: string | undefined;
  const timer = setInterval(() => capLog(spec.logFile), logCheckIntervalMs);
  timer.unref();
  const exited = new Promise<string>((resolve) => {
    const finish = (how: string): void => {
      ended = how;
      clearInterval(timer);
      leash?.end('done\n');
      rmSync(spec.pidFile, { force: true });
      resolve(how);
    };
    child.on('error', (error) => finish(error.message));
    child.on('exit', (code, signal) => finish(signal === null ? `status ${code ?? 0}` : `signal ${signal}`));
  });
  const pid = child.pid ?? 0;
  if (pid !== 0) {
    writeFileSync(spec.pidFile, JSON.stringify({ pid, identity: processIdentity(pid) }), { mode: 0o600 });
  }

  const failure = (what: string): AppError => {
    const tail = tailOf(spec.logFile);
    const taken = /already in use|address in use|BindException/i.test(tail);
    const code = taken ? 'STACK_PORT_TAKEN' : 'STACK_PART_FAILED';
    return new AppError(code, `${spec.name} ${what}. The end of ${spec.logFile}:\n${tail}`, { retryable: true });
  };

  return {
    pid,
    exited,
    async waitUntilReady(probe, { idleMs, signal }) {
      const activity = new Activity(pid, spec.logFile, logStart);
      for (;;) {
        signal?.throwIfAborted();
        if (ended !== undefined) throw failure(`ended with ${ended} before it was ready`);
        if (await probe().catch(() => false)) return;
        if (spec.failureInLog !== undefined && activity.logSaid(spec.failureInLog)) throw failure('failed to start');
        if (activity.idleMs() > idleMs) throw failure(`was not ready and did nothing for ${idleMs / 1000} s`);
        await delay(50);
      }
    },
    async stop(withinMs = spec.stopTimeoutMs ?? 15_000) {
      if (ended !== undefined) return;
      child.kill(spec.stopSignal);
      const force = setTimeout(() => child.kill('SIGKILL'), withinMs);
      await exited;
      clearTimeout(force);
    },
  };
}
