/** A listener as it runs in production, in a process of its own, whose exact latencies and queue depths are kept. */

import { setTimeout as delay } from 'node:timers/promises';
import { type Gauge, type Histogram, Registry } from '@prometheus-io/client';
import { listenerConfig } from '../../producers/listener/config.ts';
import { role } from '../../producers/listener/main.ts';
import { loadConfig } from '../../runtime/config.ts';
import { messageOf } from '../../runtime/errors.ts';
import { Holds } from '../../runtime/holds.ts';
import { silentLogger } from '../../runtime/logging.ts';
import type { RunningRole } from '../../runtime/role.ts';
import { answerParent } from '../measure/child-process.ts';

const LOOK_MS = 2;
const WAIT_MS = 30_000;

const metrics = new Registry();
const stopped = new AbortController();
let failure: unknown;
let running: RunningRole | undefined;
let latenciesMs: number[] = [];
let eventsBefore = 0;
const deepest = { live: 0, write: 0 };
let looking: NodeJS.Timeout | undefined;

answerParent({
  /** Resolves when the listener has found out how the cluster finalises, has reconciled and is subscribed. */
  start: async ({ env, alpenglow }: { env: Record<string, string>; alpenglow: boolean }) => {
    const config = loadConfig(listenerConfig, env);
    const fail = (error: unknown): void => void (failure = error);
    const log = silentLogger();
    const holds = new Holds(log, metrics);
    running = await role.start({ config, log, metrics, holds, signal: stopped.signal, fail });
    const histogram = metrics.getSingleMetric('ao_listener_notification_latency_ms') as Histogram;
    histogram.observe = (value: unknown): void => void latenciesMs.push(value as number);
    // It subscribes anew when it finds out: what is told meanwhile has no notification to be measured from.
    await until(async () => (await valueOf('ao_listener_one_step')) === (alpenglow ? 1 : 0));
    const subscribed = async (): Promise<boolean> => (await valueOf('ao_listener_subscription_up')) === 1;
    await until(async () => running?.ready()['reconciled'] === true && (await subscribed()));
    looking = setInterval(() => void lookAtQueues(), LOOK_MS);
  },
  reset: async () => {
    latenciesMs = [];
    eventsBefore = await eventsTotal();
    Object.assign(deepest, { live: 0, write: 0 });
  },
  /**
   * Waits until `transactions` were acknowledged.
   * @returns the latencies of those that a notification brought (a full queue leaves the others to reconciliation), and the deepest that the
   * queues were.
   */
  measured: async (transactions: number) => {
    await until(async () => (await eventsTotal()) - eventsBefore >= transactions);
    return { latenciesMs, deepest };
  },
  /** Slot of the last watermark, transactions fetched so far, and megabytes of memory. */
  progress: async () => {
    const calls = (await metrics.getSingleMetric('ao_listener_rpc_calls_total')?.get())?.values ?? [];
    const fetched = calls.filter(({ labels }) => (labels as Record<string, unknown>)['method'] === 'getTransaction');
    return {
      watermarkSlot: await valueOf('ao_listener_watermark_slot'),
      fetched: fetched.reduce((sum, { value }) => sum + value, 0),
      rssMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
    };
  },
  stop: async () => {
    clearInterval(looking);
    stopped.abort();
    await running?.stop();
  },
});

async function lookAtQueues(): Promise<void> {
  deepest.live = Math.max(deepest.live, await valueOf('ao_listener_queue_depth', 'live'));
  deepest.write = Math.max(deepest.write, await valueOf('ao_listener_queue_depth', 'write'));
}

/** Events written so far, by whichever way. */
async function eventsTotal(): Promise<number> {
  const { values } = (await metrics.getSingleMetric('ao_listener_events_total')?.get()) ?? { values: [] };
  const written = values.filter(({ labels }) => ['live', 'reconciled'].includes(String((labels as Labels).outcome)));
  return written.reduce((sum, { value }) => sum + value, 0);
}

type Labels = { readonly outcome?: unknown };

async function valueOf(name: string, queue?: string): Promise<number> {
  const gauge = metrics.getSingleMetric(name) as Gauge | undefined;
  const { values } = (await gauge?.get()) ?? { values: [] };
  return values.find(({ labels }) => labels['queue'] === queue)?.value ?? 0;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + WAIT_MS;
  while (!(await holds())) {
    if (failure !== undefined) throw new Error(`the listener ended: ${messageOf(failure)}`);
    if (Date.now() > deadlineMs) {
      throw new Error(`waited ${WAIT_MS} ms in vain; ${latenciesMs.length} transactions are acknowledged`);
    }
    await delay(20);
  }
}
