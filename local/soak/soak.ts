/** A soak: traffic, faults where they are wanted, samples all along, and a judgement in the end. */

import { setTimeout as delay } from 'node:timers/promises';
import type { Fault, Injected } from '../faults/core/fault.ts';
import { faultPlan } from '../faults/fault-plan.ts';
import { inject } from '../faults/inject.ts';
import { judge, type Soaked, type SoakFigures } from './core/judge.ts';
import type { Sample } from './core/samples.ts';
import type { Probe } from './core/uptime.ts';
import type { SoakedPlatform } from './io/platform.ts';
import { LogGrowth, processesOf, rssBytes } from './io/processes.ts';
import type { SoakOptions } from './options.ts';

const SAMPLE_MS = 5000;
const PROBE_MS = 500;
const LOOK_MS = 500;
/** After the last fault: what has to come back has come back by then, or is told as not ready. */
const CALM_MS = 180_000;
/** The chain of `npm start` and its traffic stand for the world outside. */
const NOT_OURS = new Set(['chain', 'traffic']);

export async function soak(
  platform: SoakedPlatform,
  options: SoakOptions,
  say: (line: string) => void,
): Promise<SoakFigures> {
  while (platform.running === undefined || !(await platform.gatewayAnswers())) await delay(LOOK_MS);
  while ((await platform.roots()).settled === 0) await delay(LOOK_MS);
  const names = [...processesOf(platform.dataDir).keys()];
  const durationMs = options.hours * 3_600_000;
  const plan = options.faults ? faultPlan(planOptions(options, durationMs, names)) : [];
  say(`${names.join(', ')} run; ${plan.length} faults within ${options.hours} h`);

  const run = new Run(platform);
  const ended = new AbortController();
  const faults = injectAll(plan, platform.dataDir, run.sinceMs, ended.signal, say);
  const probes = run.probe(ended.signal);
  while (Date.now() - run.sinceMs < durationMs) {
    run.sample();
    await delay(SAMPLE_MS);
  }
  const injected = await faults;
  ended.abort();
  await probes;
  const atEnd = Date.now() - run.sinceMs;
  say('the time is over; waiting for what has to come back');
  const notReady = await calm(platform);
  const verifyRootsStatus = await platform.ao('verify', 'roots');
  const roots = await platform.roots();
  const { samples, gateway, logs } = run;
  const soaked: Soaked = {
    ...{ durationMs: atEnd, faults: injected, samples, logBytes: logs.bytes, gateway, roots },
    ...{ notReady, verifyRootsStatus },
  };
  return judge(soaked);
}

function planOptions({ seed, every }: SoakOptions, durationMs: number, names: readonly string[]) {
  const targets = names.filter((name) => !NOT_OURS.has(name)).sort();
  // The last minutes are calm, so that the run ends in order.
  return { seed, durationMs: durationMs * 0.95, everyMs: every * 1000, targets };
}

/** What is noted while a soak goes on. */
class Run {
  readonly sinceMs = Date.now();
  readonly samples = new Map<string, Sample[]>();
  readonly gateway: Probe[] = [];
  readonly logs: LogGrowth;
  readonly #platform: SoakedPlatform;

  constructor(platform: SoakedPlatform) {
    this.#platform = platform;
    this.logs = new LogGrowth(platform.dataDir);
  }

  sample(): void {
    this.logs.look();
    const atMs = Date.now() - this.sinceMs;
    // The platform's own end is told here.
    if (this.#platform.running === undefined) return;
    for (const [name, { pid, identity }] of processesOf(this.#platform.dataDir)) {
      const rss = rssBytes(pid);
      if (rss === undefined) continue;
      const own = this.samples.get(name) ?? [];
      own.push({ atMs, identity, rssBytes: rss });
      this.samples.set(name, own);
    }
  }

  async probe(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const atMs = Date.now() - this.sinceMs;
      this.gateway.push({ atMs, answered: await this.#platform.gatewayAnswers() });
      await delay(Math.max(0, this.sinceMs + atMs + PROBE_MS - Date.now()), undefined, { signal }).catch(
        () => undefined,
      );
    }
  }
}

async function injectAll(
  plan: readonly Fault[],
  dataDir: string,
  sinceMs: number,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<Injected[]> {
  const injected: Injected[] = [];
  for (const fault of plan) {
    await delay(Math.max(0, sinceMs + fault.atMs - Date.now()), undefined, { signal });
    const atMs = Date.now() - sinceMs;
    const pidOf = (name: string): number | undefined => processesOf(dataDir).get(name)?.pid;
    const done = await inject({ ...fault, atMs }, pidOf, signal);
    say(`${fault.kind} ${fault.target}${done.pid === undefined ? ': it does not run just now' : ''}`);
    injected.push(done);
  }
  return injected;
}

/** Waits until `ao status` calls everything well. @returns what it says otherwise, once the time for that is over. */
async function calm(platform: SoakedPlatform): Promise<string | undefined> {
  const untilMs = Date.now() + CALM_MS;
  for (;;) {
    if (await platform.gatewayAnswers()) {
      const before = await platform.roots();
      await delay(SAMPLE_MS);
      const after = await platform.roots();
      if (after.settled > before.settled) return undefined;
    }
    if (Date.now() > untilMs) return 'no further root was settled after the last fault';
    await delay(LOOK_MS);
  }
}
