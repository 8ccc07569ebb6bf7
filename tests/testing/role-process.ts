/** A role as a child process of a test: `ao listen`, `ao process`, … */

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ManagedProcess, startProcess } from '../../local/stack/process.ts';
import { until } from './until.ts';

const repoDir = resolve(import.meta.dirname, '../..');
/** With which Node runs the platform's TypeScript. */
export const NODE_ARGS = ['--conditions=@attention-oracle/source', '--disable-warning=ExperimentalWarning'];

/** A line of a role's log. */
export interface LogLine {
  readonly level: string;
  readonly msg?: string;
  readonly [field: string]: unknown;
}

export class RoleProcess {
  readonly name: string;
  readonly logFile: string;
  readonly #process: ManagedProcess;

  /** @param dir Folder of this process alone; it is its working folder too, so that no .env is read. */
  constructor(name: string, command: string, env: Readonly<Record<string, string>>, dir: string) {
    mkdirSync(dir, { recursive: true });
    this.name = name;
    this.logFile = join(dir, 'log.ndjson');
    this.#process = startProcess({
      name,
      command: process.execPath,
      args: [...NODE_ARGS, join(repoDir, 'cli/ao.ts'), command],
      cwd: dir,
      env: { NODE_OPTIONS: '', NODE_COMPILE_CACHE: join(repoDir, '.data/compile-cache'), ...env },
      logFile: this.logFile,
      pidFile: join(dir, 'process.pid'),
      stopSignal: 'SIGTERM',
      stopTimeoutMs: 8000,
    });
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Settles with "status 0", "signal SIGKILL" and the like. */
  get exited(): Promise<string> {
    return this.#process.exited;
  }

  /** Every JSON line that the process has logged. */
  log(): LogLine[] {
    return this.output()
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** Everything that the process has written. */
  output(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  /** A field of the line with which the role says that it has started. */
  async startedField(field: string): Promise<string> {
    const look = (): string | undefined => {
      const started = this.log().find(({ msg }) => msg === 'started')?.[field];
      return typeof started === 'string' ? started : undefined;
    };
    return this.#orDeath(`${this.name} has started`, look);
  }

  /** Resolves once /readyz says yes. */
  async untilReady(): Promise<void> {
    const url = await this.startedField('ops');
    await this.#orDeath(`${this.name} is ready`, async () => (await readiness(url)).ready);
  }

  /** kill -9. Resolves when the process is gone. */
  async kill(): Promise<void> {
    process.kill(this.pid, 'SIGKILL');
    await this.exited;
  }

  /** Sends a signal; one to a process that has ended is lost. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    try {
      process.kill(this.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }

  async #orDeath<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
    const ended = new AbortController();
    void this.exited.then((how) => ended.abort(new Error(`${what}: it ended with ${how}`)));
    try {
      return await until(what, look, ended.signal);
    } catch (error) {
      throw new Error(`${(error as Error).message}. The end of its log:\n${this.tail()}`, { cause: error });
    }
  }

  /** The newest lines, for the message of a test that failed. */
  tail(lines = 8): string {
    return this.output()
      .trimEnd()
      .split('\n')
      .slice(-lines)
      .map((line) => line.slice(0, 600))
      .join('\n');
  }
}

export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, boolean>>;
  /** What the role holds; not there where it holds nothing. */
  readonly held?: readonly { readonly subject: string; readonly code: string; readonly reason: string }[];
}

/** What a role's /readyz says. @param opsUrl Base URL of its operators' door. */
export async function readiness(opsUrl: string): Promise<Readiness> {
  const response = await fetch(`${opsUrl}/readyz`, { signal: AbortSignal.timeout(2000) });
  return (await response.json()) as Readiness;
}

export interface AoRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An `ao` command that runs. */
export interface RunningAo {
  readonly done: Promise<AoRun>;
  /** kill -9. */
  kill(): void;
}

/** Begins an `ao` command. @param timeoutMs After which it is killed; undefined: never. */
export function beginAo(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  dir: string,
  timeoutMs?: number,
): RunningAo {
  mkdirSync(dir, { recursive: true });
  const child = spawn(process.execPath, [...NODE_ARGS, join(repoDir, 'cli/ao.ts'), ...args], {
    cwd: dir,
    env: { ...process.env, NODE_OPTIONS: '', NODE_COMPILE_CACHE: join(repoDir, '.data/compile-cache'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    killSignal: 'SIGKILL',
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
  });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const done = new Promise<AoRun>((ended) =>
    child.on('close', (status) =>
      ended({ status, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    ),
  );
  return { done, kill: () => void child.kill('SIGKILL') };
}

/** Runs an `ao` command to its end. */
export function runAo(args: readonly string[], env: Readonly<Record<string, string>>, dir: string): Promise<AoRun> {
  return beginAo(args, env, dir, 300_000).done;
}
