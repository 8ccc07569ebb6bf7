/** The roles as child processes: started, watched, started again when they die, stopped in order. */

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../../runtime/backoff.ts';
import { endLeftover, type ManagedProcess, startProcess } from '../stack/process.ts';

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
  readonly restarts: number;
  isReady(): Promise<boolean>;
  stop(): Promise<void>;
}

export interface RoleProcessesOptions {
  readonly repoDir: string;
  /** For pid files. */
  readonly runDir: string;
  readonly logDir: string;
  readonly log: (line: string) => void;
}

const STEADY_MS = 30_000;

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
  let restarts = 0;

  const keep = async (): Promise<void> => {
    for (let quickDeaths = 0; ; ) {
      const startedMs = Date.now();
      const how = await current.exited;
      if (stop.signal.aborted) return;
      quickDeaths = Date.now() - startedMs > STEADY_MS ? 1 : quickDeaths + 1;
      const pauseMs = backoffMs(quickDeaths, 500, 30_000);
      options.log(
        `${spec.name} ended with ${how}; starting it again in ${(pauseMs / 1000).toFixed(1)} s (log: ${logFile})`,
      );
      try {
        await delay(pauseMs, undefined, { signal: stop.signal });
      } catch {
        return;
      }
      restarts += 1;
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
    get restarts() {
      return restarts;
    },
    isReady: () => isReady(spec.opsUrl),
    async stop() {
      stop.abort();
      await current.stop();
      await kept;
    },
  };
}

async function isReady(opsUrl: string): Promise<boolean> {
  try {
    const response = await fetch(`${opsUrl}/readyz`, { signal: AbortSignal.timeout(2000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
