/** Replaces every role of a running `npm start`, one after another, as a rolling upgrade does, and judges what is there in the end. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeStackData } from '../../local/stack/stack-data.ts';
import { ROLES } from '../chaos/plan.ts';
import { type Outcome, RunningStart } from '../chaos/running-start.ts';
import { RoleProcess, readiness } from '../testing/role-process.ts';
import { until } from '../testing/until.ts';
import { type Served, SteadyClient } from './steady-client.ts';

type Role = (typeof ROLES)[number];

export interface RollingOptions {
  /** How often every role is replaced. */
  readonly rounds: number;
  readonly log: (line: string) => void;
}

export interface RollingResult extends Outcome, Served {
  readonly rounds: number;
  /** Processes that were ended in order, after another one was ready. */
  readonly replaced: number;
  /** Processes that did not end in order, with how. */
  readonly disorderly: readonly string[];
  readonly seconds: number;
}

/** @throws when a role does not become ready, or roots do not come. */
export async function rolling({ rounds, log }: RollingOptions): Promise<RollingResult> {
  const startedMs = Date.now();
  const dir = mkdtempSync(join(tmpdir(), 'ao-rolling-'));
  const upgrade = new Upgrade(dir, log);
  try {
    await upgrade.begin();
    for (let round = 1; round <= rounds; round += 1) {
      for (const role of ROLES) await upgrade.replace(role);
      log(`round ${round} of ${rounds}: every role is another process`);
    }
    return { rounds, ...(await upgrade.end()), seconds: Math.round((Date.now() - startedMs) / 1000) };
  } finally {
    await upgrade.stop();
    await removeStackData(join(dir, 'data'));
    rmSync(dir, { recursive: true, force: true });
  }
}

class Upgrade {
  readonly #dir: string;
  readonly #log: (line: string) => void;
  readonly #extra = new Set<RoleProcess>();
  readonly #disorderly: string[] = [];
  #running: RunningStart | undefined;
  #client: SteadyClient | undefined;
  /** The gateway beside that of `npm start`, and where each serves. */
  #second: RoleProcess | undefined;
  #first = '';
  #replaced = 0;

  constructor(dir: string, log: (line: string) => void) {
    this.#dir = dir;
    this.#log = log;
  }

  /** Everything runs, two gateways, and a client that asks them. */
  async begin(): Promise<void> {
    this.#running = await RunningStart.create(this.#dir);
    const env = environmentOf(await this.#running.untilRuns('gateway'));
    this.#first = `http://127.0.0.1:${env['GATEWAY_PORT']}`;
    this.#second = await this.#another('gateway', env);
    this.#client = new SteadyClient([this.#first, await this.#second.startedField('gateway')]);
    this.#log('everything runs');
  }

  /** Another process of the role becomes ready, the one of `npm start` ends and comes back, the other one ends. */
  async replace(role: Role): Promise<void> {
    const running = this.#running as RunningStart;
    const old = await running.untilRuns(role);
    const env = environmentOf(old);
    const next = await this.#another(role, env);
    if (role === 'gateway') {
      // Two serve at any time: the next one takes the place of the second, the first one goes and comes back.
      const url = await next.startedField('gateway');
      this.#client?.add(url);
      const second = this.#second as RoleProcess;
      this.#client?.remove(await second.startedField('gateway'));
      await this.#end(second);
      this.#second = next;
      this.#client?.remove(this.#first);
    }
    const ended = (): number => running.text.match(new RegExp(`${role} ended with `, 'g'))?.length ?? 0;
    const before = ended();
    process.kill(old, 'SIGTERM');
    await until(`${role} has ended`, () => ended() > before);
    const how = [...running.text.matchAll(new RegExp(`${role} ended with (.+?);`, 'g'))].at(-1)?.[1] ?? '';
    this.#note(role, how);
    await running.untilRuns(role, old);
    const door = (env['METRICS_ENDPOINT'] ?? '').replace(/\/metrics$/, '');
    await until(`${role} is ready again`, async () => (await readiness(door)).ready);
    if (role === 'gateway') this.#client?.add(this.#first);
    else await this.#end(next);
    this.#log(`${role} is replaced`);
  }

  async end(): Promise<Outcome & Served & { replaced: number; disorderly: readonly string[] }> {
    const served = await (this.#client as SteadyClient).stop();
    this.#client = undefined;
    const outcome = await (this.#running as RunningStart).verdict(this.#log);
    return { ...served, ...outcome, replaced: this.#replaced, disorderly: this.#disorderly };
  }

  async stop(): Promise<void> {
    await this.#client?.stop();
    await Promise.all([...this.#extra].map((process) => process.stop()));
    await this.#running?.stop();
  }

  /** As the running one is set, at doors of its own; a listener under a name of its own. */
  async #another(role: Role, env: Readonly<Record<string, string>>): Promise<RoleProcess> {
    const own = { METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics', GATEWAY_PORT: '0', LISTENER_ID: 'listener-next' };
    const name = `${role}-${this.#extra.size}`;
    const next = new RoleProcess(name, role, { ...env, ...own }, join(this.#dir, name));
    this.#extra.add(next);
    await next.untilReady();
    return next;
  }

  async #end(process: RoleProcess): Promise<void> {
    await process.stop();
    this.#note(process.name, await process.exited);
  }

  #note(name: string, how: string): void {
    this.#replaced += 1;
    if (how !== 'status 0') this.#disorderly.push(`${name} ended with ${how}`);
  }
}

/** Of a running process. */
function environmentOf(pid: number): Record<string, string> {
  const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}
