import { mkdirSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PROGRAM_ID } from '@attention-oracle/sdk';
import { startStack } from '../local/stack/stack.ts';
import { removeStackData } from '../local/stack/stack-data.ts';
import type { FetchLoop } from './ingest/fetch-loop.ts';
import { BenchChild } from './measure/child-process.ts';
import { median } from './measure/rounds.ts';

const TARGETS = {
  ackMsP99: 100,
  subscriberMsP99: 150,
  queueMax: 60,
  backfillRatio: 0.8,
  spamBehindMs: 10_000,
  spamClaimAckMsP99: 1000,
  rssGrowthMb: 50,
};
const [STEADY_PER_SECOND, BUSY_PER_SECOND] = [50, 200];
const [WARM_UP_CLAIMS, STEADY_CLAIMS, BUSY_CLAIMS] = [200, 1000, 3000];
const [WARM_UP_TRANSACTIONS, TRANSACTIONS, ALL_TRANSACTIONS] = [4000, 20_000, 100_000];
const ROUNDS = 3;
const CONCURRENCY = 16;

type Env = Record<string, string>;
type Say = (line: string) => void;

/**
 * The listener from notification to acknowledgement against the local chain, and under spam: settled by Alpenglow, and by TowerBFT in the
 * same run; then `ao backfill` beside bare loops over the same RPC server, and its memory. Servers and what is measured are processes of their own.
 */
export async function run(): Promise<object> {
  const dataDir = join(import.meta.dirname, '..', '.data', `bench-ingest-${process.pid}`);
  const env = { AO_STACK: process.env.AO_STACK ?? 'embedded' };
  const log: Say = (line) => void process.stderr.write(`${line}\n`);
  const loadBefore = loadavg();
  mkdirSync(dataDir, { recursive: true });
  const stack = await startStack({ dataDir, fresh: true, durable: false, preferKnownPorts: false, env, log });
  try {
    const variables = {
      DATABASE_URL: stack.databaseUrl,
      KAFKA_BROKERS: stack.kafkaBrokers.join(','),
      SCHEMA_REGISTRY_URL: stack.registryUrl,
      METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics',
      RPC_CONCURRENCY: String(CONCURRENCY),
    };
    const live = await measureLive(variables, true, log);
    const tower = await measureLive(variables, false, log);
    const { backfill, memory } = await measureBackfill({ ...variables, KAFKA_NAMESPACE: 'backfill.' }, log);
    const { rssGrowthMb } = memory;
    return {
      ...live,
      backfillRatio: backfill.ratioToHttpLoop,
      rssGrowthMb,
      tower,
      slotMs: SLOT_MS,
      backfill,
      memory,
      targets: TARGETS,
      met: {
        ackMsP99: live.ackMs.p99 < TARGETS.ackMsP99,
        subscriberMsP99: live.subscriberMs.p99 < TARGETS.subscriberMsP99,
        queueMax: live.queueMax < TARGETS.queueMax,
        backfillRatio: backfill.ratioToHttpLoop >= TARGETS.backfillRatio,
        spamBehindMs: live.spamBehindMs <= TARGETS.spamBehindMs,
        spamClaimAckMsP99: live.spam.claimAckMs.p99 < TARGETS.spamClaimAckMsP99,
        rssGrowthMb: rssGrowthMb < TARGETS.rssGrowthMb,
      },
      machine: {
        cores: availableParallelism(),
        model: cpus()[0]?.model,
        loadAverage: { before: loadBefore, after: loadavg() },
      },
    };
  } finally {
    await stack.stop();
    await removeStackData(dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

interface Measured {
  readonly latenciesMs: number[];
  readonly deepest: { readonly live: number; readonly write: number };
}

type LiveChild = 'fans' | 'spammer' | 'chain' | 'listener';

const SLOT_MS = 200;
const SPAM = { perMinute: 10_000, seconds: 30 };
const LOOK_MS = 250;

interface Progress {
  readonly watermarkSlot: number;
  readonly fetched: number;
  readonly rssMb: number;
}

/** At 50, then at 200 transactions a second, then under spam. The local chain settles slot by slot, so they come in bursts. */
async function measureLive(env: Env, alpenglow: boolean, say: Say) {
  const [fans, spammer] = [child('fans'), child('fans')];
  const [chain, listener] = [child('chain'), child('listener')];
  const name = alpenglow ? 'Alpenglow' : 'TowerBFT';
  try {
    const addresses = await fans.ask<{ admin: string; fan: string }>('addresses');
    const { rpcUrl, wsUrl, mint } = await chain.ask<{ rpcUrl: string; wsUrl: string; mint: string }>('start', {
      ...{ slotMs: SLOT_MS, alpenglow },
      ...addresses,
    });
    for (const each of [fans, spammer]) await each.ask('use', { rpcUrl, mint });
    const urls = { ANCHOR_PROVIDER_URL: rpcUrl, ANCHOR_WS_URL: wsUrl };
    const listenerEnv = { ...env, ...urls, KAFKA_NAMESPACE: `${name.toLowerCase()}.` };
    await listener.ask('start', { env: listenerEnv, alpenglow });
    const stretch = async (claims: number, perSecond: number): Promise<Measured & { readonly sent: number }> => {
      say(`live, ${name}: ${claims} claims, ${perSecond} a second`);
      await listener.ask('reset');
      const sent = await fans.ask<number>('prepareClaims', claims);
      await fans.ask('send', { perSecond, skipPreflight: false });
      return { ...(await listener.ask<Measured>('measured', sent)), sent };
    };
    await stretch(WARM_UP_CLAIMS, STEADY_PER_SECOND);
    const steady = await stretch(STEADY_CLAIMS, STEADY_PER_SECOND);
    const subscriberMs = await measureSubscriber(listenerEnv, wsUrl, alpenglow, async () => {
      await stretch(STEADY_CLAIMS, STEADY_PER_SECOND);
      return STEADY_CLAIMS;
    });
    const busy = await stretch(BUSY_CLAIMS, BUSY_PER_SECOND);
    say(`live, ${name}: ${SPAM.perMinute} free failures a minute`);
    const spam = await measureSpam({ fans, spammer, chain, listener });
    await listener.ask('stop');
    return {
      ackMs: percentiles(steady.latenciesMs),
      subscriberMs: percentiles(subscriberMs),
      queueMax: busy.deepest.live,
      busy: {
        ...percentiles(busy.latenciesMs),
        writeQueueMax: busy.deepest.write,
        leftToReconciliation: busy.sent - busy.latenciesMs.length,
      },
      ...spam,
    };
  } finally {
    await Promise.all([listener, chain, fans, spammer].map((each) => each.stop()));
  }
}

/** From the chain's notification to a subscriber of the gateway, with sink and gateway running beside the listener. */
async function measureSubscriber(env: Env, wsUrl: string, alpenglow: boolean, work: () => Promise<number>) {
  const [sink, gateway, subscriber] = [child('role'), child('role'), child('subscriber')];
  try {
    const DATABASE_SCHEMA = `bench_${alpenglow ? 'alpenglow' : 'tower'}`;
    const roleEnv = { ...env, DATABASE_SCHEMA, GATEWAY_PORT: '0' };
    await sink.ask('start', { name: 'sink', env: roleEnv });
    const { gateway: url } = await gateway.ask<{ gateway: string }>('start', { name: 'gateway', env: roleEnv });
    const commitment = alpenglow ? 'finalized' : 'confirmed';
    await subscriber.ask('start', { wsUrl, commitment, gateway: url });
    return await subscriber.ask<number[]>('measured', await work());
  } finally {
    await Promise.all([subscriber, gateway, sink].map((each) => each.stop()));
  }
}

/**
 * How far the watermark is behind the finalised slot at most, when claims beside are acknowledged, what is fetched, and what memory grows
 * by, while an address is spammed.
 */
async function measureSpam({ fans, spammer, chain, listener }: Record<LiveChild, BenchChild>) {
  const look = (): Promise<[number, Progress]> =>
    Promise.all([chain.ask<number>('finalizedSlot'), listener.ask<Progress>('progress')]);
  const failures = Math.round((SPAM.perMinute * SPAM.seconds) / 60);
  await listener.ask('reset');
  await spammer.ask('prepareSpam', failures);
  const claims = await fans.ask<number>('prepareClaims', STEADY_PER_SECOND * SPAM.seconds);
  const [, before] = await look();
  let isOver = false;
  const sending = Promise.all([
    spammer.ask('send', { perSecond: SPAM.perMinute / 60, skipPreflight: true }),
    fans.ask('send', { perSecond: STEADY_PER_SECOND, skipPreflight: false }),
  ]).finally(() => (isOver = true));
  let behindSlots = 0;
  let after = before;
  while (!isOver) {
    const [finalSlot, progress] = await look();
    behindSlots = Math.max(behindSlots, finalSlot - progress.watermarkSlot);
    after = progress;
    await delay(LOOK_MS);
  }
  await sending;
  const { latenciesMs } = await listener.ask<Measured>('measured', claims);
  const spam = {
    sent: failures,
    claimAckMs: percentiles(latenciesMs),
    failedAmongNewest: await chain.ask<number>('failedAmongNewest'),
    fetchedBeyondClaims: Math.max(0, after.fetched - before.fetched - claims),
    rssGrowthMb: after.rssMb - before.rssMb,
  };
  return { spamBehindMs: behindSlots * SLOT_MS, spam };
}

interface Timed {
  readonly transactions: number;
  readonly ms: number;
}

interface BackfillRun extends Timed {
  readonly eventsWritten: number;
  /** Resident set, bytes: the highest until then, and then. */
  readonly early: { readonly peak: number; readonly now: number };
  readonly late: { readonly peak: number; readonly now: number };
}

async function measureBackfill(env: Env, say: Say) {
  const server = child('rpc');
  const children: BenchChild[] = [];
  const begin = (): BenchChild => {
    const begun = child('backfill');
    children.push(begun);
    return begun;
  };
  try {
    say(`backfill: making ${ALL_TRANSACTIONS} transactions`);
    const url = await server.ask<string>('start', ALL_TRANSACTIONS);
    let runs = 0;
    const backfill = (process: BenchChild, toSlot: number): Promise<BackfillRun> => {
      // A name of its own, or the second run would go on where the first one ended.
      const more = { ANCHOR_PROVIDER_URL: url, LISTENER_ID: `bench-${(runs += 1)}` };
      return process.ask('backfill', { env: { ...env, ...more }, toSlot, settledAfter: TRANSACTIONS });
    };
    const finalise = async (count: number): Promise<number> =>
      (await server.ask<{ slot: number }>('finalise', count)).slot;

    const process = begin();
    const loop = (client: FetchLoop['client']) => (): Promise<Timed> =>
      process.ask('fetch', { url, programId: PROGRAM_ID, concurrency: CONCURRENCY, client } satisfies FetchLoop);
    let toSlot = await finalise(WARM_UP_TRANSACTIONS);
    const contestants: Record<'backfill' | 'fetch' | 'http', () => Promise<Timed>> = {
      backfill: () => backfill(process, toSlot),
      fetch: loop('fetch'),
      http: loop('http'),
    };
    for (const contestant of Object.values(contestants)) await contestant();
    toSlot = await finalise(TRANSACTIONS);
    const rates = await race(contestants, say);
    const memory = await measureMemory(
      () => backfill(begin(), toSlot),
      say,
      async () => {
        toSlot = await finalise(ALL_TRANSACTIONS);
      },
    );
    return {
      backfill: {
        transactions: TRANSACTIONS,
        concurrency: CONCURRENCY,
        transactionsPerSecond: rates.backfill,
        fetchLoopTransactionsPerSecond: rates.fetch,
        ratio: round(rates.backfill / rates.fetch),
        /** The same loop on node:http, as the listener's own client does it. */
        httpLoopTransactionsPerSecond: rates.http,
        ratioToHttpLoop: round(rates.backfill / rates.http),
      },
      memory,
    };
  } finally {
    await Promise.all([...children, server].map((each) => each.stop()));
  }
}

/** Transactions a second of each, median of the rounds; whoever was first in a round is last in the next one. */
async function race<Name extends string>(contestants: Record<Name, () => Promise<Timed>>, say: Say) {
  const order = Object.keys(contestants) as Name[];
  const rates = new Map<Name, number[]>(order.map((name) => [name, []]));
  for (let turn = 1; turn <= ROUNDS; turn += 1) {
    for (const name of order) {
      const { transactions, ms } = await contestants[name]();
      const rate = Math.round((transactions * 1000) / ms);
      say(`backfill, round ${turn} of ${ROUNDS}: ${name} ${transactions} transactions, ${rate} a second`);
      rates.get(name)?.push(rate);
    }
    order.push(...order.splice(0, 1));
  }
  return Object.fromEntries([...rates].map(([name, values]) => [name, median(values)])) as Record<Name, number>;
}

/** One fresh process over all transactions: the highest resident set at the end, over the highest after 20,000. */
async function measureMemory(backfill: () => Promise<BackfillRun>, say: Say, prepare: () => Promise<void>) {
  await prepare();
  say(`memory: backfill of ${ALL_TRANSACTIONS} transactions`);
  const { early, late, transactions, ms } = await backfill();
  say(`memory: ${transactions} transactions in ${Math.round(ms / 1000)} s`);
  return {
    rssGrowthMb: megabytes(late.peak - early.peak),
    peakMb: { at20000: megabytes(early.peak), at100000: megabytes(late.peak) },
    rssMb: { at20000: megabytes(early.now), at100000: megabytes(late.now) },
    transactionsPerSecond: Math.round((transactions * 1000) / ms),
  };
}

function child(name: 'backfill' | 'chain' | 'fans' | 'listener' | 'role' | 'rpc' | 'subscriber'): BenchChild {
  return new BenchChild(new URL(`./ingest/${name}-process.ts`, import.meta.url));
}

function percentiles(values: readonly number[]): { p50: number; p99: number; transactions: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => round(sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN);
  return { p50: at(0.5), p99: at(0.99), transactions: sorted.length };
}

const round = (value: number): number => Math.round(value * 100) / 100;
const megabytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
