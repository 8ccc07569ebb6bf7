/** The platform's roles and the legacy system's parts as processes, started and ended by name: what a process manager does. */

import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { startProcess } from '../../local/stack/process.ts';
import { type AoRun, beginAo, NODE_ARGS, RoleProcess, type RunningAo } from '../testing/role-process.ts';
import { until } from '../testing/until.ts';

export type Env = Readonly<Record<string, string>>;
export type LegacyPart = 'aggregator' | 'gateway';

interface Part {
  readonly exited: Promise<string>;
  readonly pid: number;
  stop(): Promise<void>;
}

const REPO = resolve(import.meta.dirname, '../..');

export class Site {
  /** What ended without being asked to. */
  readonly endedUnasked: string[] = [];
  readonly #dir: string;
  readonly #parts = new Map<string, Part>();
  readonly #asked = new Set<Part>();
  #env: Env;
  #started = 0;

  constructor(dir: string, env: Env) {
    this.#dir = dir;
    this.#env = env;
  }

  get env(): Env {
    return this.#env;
  }

  /** For what is started from now on. */
  set(env: Env): void {
    this.#env = { ...this.#env, ...env };
  }

  isRunning(name: string): boolean {
    return this.#parts.has(name);
  }

  /** Starts a role where it does not run, and waits until it is ready. */
  async role(command: string, env: Env = {}): Promise<RoleProcess> {
    const running = this.#parts.get(command);
    if (running instanceof RoleProcess) return running;
    const role = new RoleProcess(command, command, { ...this.#env, ...env }, this.#folder(command));
    this.#keep(command, role);
    await role.untilReady();
    return role;
  }

  async legacy(part: LegacyPart, port: number, env: Env): Promise<void> {
    const name = `legacy-${part}`;
    if (this.#parts.has(name)) return;
    const dir = this.#folder(name);
    const started = startProcess({
      name,
      command: process.execPath,
      args: [...NODE_ARGS, join(REPO, 'tests/rehearsal/legacy/main.ts'), part],
      cwd: dir,
      env: { NODE_OPTIONS: '', ...env, LEGACY_PORT: String(port) },
      logFile: join(dir, 'log.txt'),
      pidFile: join(dir, 'process.pid'),
      stopSignal: 'SIGTERM',
    });
    this.#keep(name, started);
    await started.waitUntilReady(async () => (await fetch(`http://127.0.0.1:${port}/health`)).ok, { idleMs: 60_000 });
  }

  /** The client that asks the public port; it writes what came of it into the file. */
  client(url: string, file: string): void {
    const dir = this.#folder('client');
    const started = startProcess({
      name: 'the client',
      command: process.execPath,
      args: [...NODE_ARGS, join(REPO, 'tests/rehearsal/client/main.ts'), url, file],
      cwd: dir,
      env: { NODE_OPTIONS: '' },
      logFile: join(dir, 'log.txt'),
      pidFile: join(dir, 'process.pid'),
      stopSignal: 'SIGTERM',
    });
    this.#keep('client', started);
  }

  /** It may end by itself from now on: what it works on is taken away. */
  mayEnd(name: string): void {
    const part = this.#parts.get(name);
    if (part !== undefined) this.#asked.add(part);
  }

  async stop(...names: string[]): Promise<void> {
    await Promise.all(
      names.map(async (name) => {
        const part = this.#parts.get(name);
        if (part === undefined) return;
        this.#asked.add(part);
        await part.stop();
        await until(`${name} has ended`, () => this.#parts.get(name) !== part);
      }),
    );
  }

  /** kill -9. */
  async kill(name: string): Promise<void> {
    const part = this.#parts.get(name);
    if (part === undefined) throw new Error(`${name} does not run`);
    this.#asked.add(part);
    process.kill(part.pid, 'SIGKILL');
    await part.exited;
    await until(`${name} has ended`, () => this.#parts.get(name) !== part);
  }

  async stopAll(): Promise<void> {
    await this.stop(...this.#parts.keys());
  }

  /** Begins an `ao` command. */
  begin(...args: string[]): RunningAo {
    return beginAo(args, this.#env, join(this.#dir, 'ao'));
  }

  /** Runs an `ao` command to its end. @throws Error where it does not end with that status. */
  async ao(args: readonly string[], status = 0): Promise<AoRun> {
    const run = await this.begin(...args).done;
    if (run.status === status) return run;
    throw new Error(`ao ${args.join(' ')} ended with status ${run.status}, not ${status}: ${run.stderr}${run.stdout}`);
  }

  #folder(name: string): string {
    this.#started += 1;
    const dir = join(this.#dir, `${this.#started}-${name}`);
    mkdirSync(dir, { recursive: true });
    return dir;
  }

  #keep(name: string, part: Part): void {
    this.#parts.set(name, part);
    void part.exited.then((how) => {
      if (this.#parts.get(name) === part) this.#parts.delete(name);
      if (!this.#asked.has(part)) this.endedUnasked.push(`${name}: ${how}`);
    });
  }
}

export interface Supervisor {
  /** The shell command that has it done. */
  command(action: string): string;
  stop(): Promise<void>;
}

/** Does by HTTP what the commands of the plan ask for; each action may be asked for again. */
export async function startSupervisor(actions: Readonly<Record<string, () => Promise<unknown>>>): Promise<Supervisor> {
  const server = createServer((request, response) => {
    const action = actions[(request.url ?? '').slice(1)];
    const done = action === undefined ? Promise.reject(new Error(`no action ${request.url}`)) : action();
    done.then(
      (text) => response.end(typeof text === 'string' ? text : 'done'),
      (error: unknown) => {
        response.writeHead(500);
        response.end(String(error));
      },
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    command: (action) =>
      `'${process.execPath}' -e 'fetch("http://127.0.0.1:${port}/${action}", { method: "POST" }).then(async (answer) => { (answer.ok ? console.log : console.error)(await answer.text()); process.exitCode = answer.ok ? 0 : 1; })'`,
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}
