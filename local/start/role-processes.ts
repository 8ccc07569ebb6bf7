/** The roles as child processes: started, watched, started again when they die, stopped in order. */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../../runtime/backoff.ts';
import { AppError } from '../../runtime/errors.ts';
import { endLeftover, type ManagedProcess, startProcess } from '../stack/process.ts';
import { type Death, deathOf, isHopeless, SAME_DEATHS } from './last-words.ts';

export interface RoleProcessSpec {
  /** Unique name of this instance, e.g. listen-2. */
  readonly name: string;
  /** Command of `ao`. */
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  /** Base URL of the operators' door. */
  readonly opsUrl: string;
}

export interface RoleProcess {
  readonly name: string;
  readonly opsUrl: string;
  /** Of the process running now. */
  readonly pid: number;
  stop(withinMs?: number): Promise<void>;
}

export interface RoleProcessesOptions {
  readonly repoDir: string;
  /** For pid files. */
  readonly runDir: string;
  readonly logDir: string;
  readonly log: (line: string) => void;
  /** Told once when starting the role again cannot help: AppError ROLE_HOPELESS with the role's own sentence. */
  readonly onHopeless: (error: AppError) => void;
}

const STEADY_MS = 30_000;
const LOG_TAIL_BYTES = 65_536;

/** Starts one role and keeps it running until `stop`. A role that was killed comes back after a growing pause. */
export async function keepRole(spec: RoleProcessSpec, options: RoleProcessesOptions): Promise<RoleProcess> {
  const pidFile = join(options.runDir, `${spec.name}.pid`);
  const logFile = join(options.logDir, `${spec.name}.log`);
  const stop = new AbortController();
  await endLeftover(pidFile, 'SIGTERM');

  const launch = (): ManagedProcess =>
    startProcess({
      name: spec.name,
      command: process.execPath,
      args: [...process.execArgv, join(options.repoDir, 'cli/ao.ts'), spec.command],
      cwd: options.repoDir,
      env: spec.env,
      logFile,
      pidFile,
      stopSignal: 'SIGTERM',
      stopTimeoutMs: 8000,
    });
  let current = launch();

  const keep = async (): Promise<void> => {
    let deaths: Death[] = [];
    for (let quickDeaths = 0; ; ) {
      const startedMs = Date.now();
      const how = await current.exited;
      if (stop.signal.aborted) return;
      quickDeaths = Date.now() - startedMs > STEADY_MS ? 1 : quickDeaths + 1;
      const death = deathOf(how, tailOf(logFile));
      deaths = [...deaths, death].slice(-SAME_DEATHS);
      const said = death.words === undefined ? '' : `: ${death.words}`;
      if (isHopeless(deaths)) {
        options.onHopeless(
          new AppError('ROLE_HOPELESS', `${spec.name} cannot run (${how})${said}\nIts log: ${logFile}`),
        );
        return;
      }
      const pauseMs = backoffMs(quickDeaths, 500, 30_000);
      options.log(
        `${spec.name} ended with ${how}; starting it again in ${(pauseMs / 1000).toFixed(1)} s (log: ${logFile})${said}`,
      );
      try {
        await delay(pauseMs, undefined, { signal: stop.signal });
      } catch {
        return;
      }
      current = launch();
    }
  };
  const kept = keep();

  return {
    name: spec.name,
    opsUrl: spec.opsUrl,
    get pid() {
      return current.pid;
    },
    async stop(withinMs) {
      stop.abort();
      await current.stop(withinMs);
      await kept;
    },
  };
}

function tailOf(logFile: string): string {
  try {
    const fd = openSync(logFile, 'r');
    try {
      const from = Math.max(0, fstatSync(fd).size - LOG_TAIL_BYTES);
      const bytes = Buffer.alloc(LOG_TAIL_BYTES);
      return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, from));
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}
