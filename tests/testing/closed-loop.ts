/** The platform on a live chain with traffic, and what must hold of it at any time. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { type ExpectedRoot, expectedRoots } from '../recorded/expected-roots.ts';
import { publications } from '../recorded/publications.ts';
import { type ServedRoot, servedRoots } from './gateway.ts';
import { type LiveChain, type LiveChainOptions, startLiveChain } from './live-chain.ts';
import { type Env, Platform } from './platform.ts';
import { rootLines } from './recorded-chain.ts';
import type { RoleProcess } from './role-process.ts';
import { until, untilNone } from './until.ts';

const SLOTS = 25;
/** Epochs of our roots begin here; the first allocation takes the one below. */
export const EPOCH_BASE = 10;

export interface ClosedLoop {
  readonly live: LiveChain;
  readonly env: Env;
  readonly platform: Platform;
  /** Roots of the claims that are final on the chain now. */
  expected(): Promise<ExpectedRoot[]>;
  stop(): Promise<void>;
}

/** @param more Variables of every role. */
export async function startClosedLoop(options: LiveChainOptions = {}, more: Env = {}): Promise<ClosedLoop> {
  const dir = mkdtempSync(join(tmpdir(), 'ao-live-'));
  const live = await startLiveChain(dir, options);
  const env = {
    ...live.env,
    EPOCH_DURATION_SLOTS: String(SLOTS),
    EPOCH_BASE: String(EPOCH_BASE),
    TRAFFIC_CHANNELS: 'kaicenat,lacy,youtube_lofi',
    TRAFFIC_FANS: '6',
    TRAFFIC_CLAIM_INTERVAL_MS: '100',
    ...more,
  };
  const platform = await Platform.create(env);
  return {
    live,
    env,
    platform,
    expected: async () => expectedRoots(await live.history(), SLOTS, EPOCH_BASE),
    async stop() {
      await platform.stop();
      await live.chain.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export interface TwoListeners {
  readonly listeners: readonly RoleProcess[];
  readonly traffic: RoleProcess;
  readonly gatewayUrl: string;
}

/** Starts every role, two listeners at once, and the traffic. */
export async function startTwoListeners({ platform }: ClosedLoop): Promise<TwoListeners> {
  const starting = ['north', 'south'].map((name) =>
    platform.start('listen', { name: `listen-${name}`, env: { LISTENER_ID: name } }),
  );
  const { gateway } = await platform.startAll('process', 'sink', 'settle', 'gateway');
  const listeners = await Promise.all(starting);
  const gatewayUrl = await gateway.startedField('gateway');
  const traffic = await platform.start('traffic', { env: { GATEWAY_URL: gatewayUrl } });
  return { listeners, traffic, gatewayUrl };
}

/** The roots that are settled, seen on chain by the listener, and served as such. */
export async function doneRoots(gatewayUrl: string): Promise<ServedRoot[]> {
  return (await servedRoots(gatewayUrl)).filter(({ settlement }) => settlement.settled && settlement.seenOnChain);
}

/** What holds at any time: every root is that of the chain's claims, made once, published once and by no failed attempt. */
export async function expectNothingWrong({ platform, live, expected }: ClosedLoop): Promise<void> {
  const records = await platform.decoded(platform.topics.roots);
  const roots = records.flatMap((record) => (record.name === 'RootFinalized' ? [record.value] : []));
  const wanted = new Set(rootLines(await expected()));
  expect(rootLines(roots).filter((line) => !wanted.has(line))).toEqual([]);
  expect(new Set(roots.map(({ channel, epoch }) => `${channel} ${epoch}`)).size).toBe(roots.length);

  const published = publications(await live.history()).filter(({ epoch }) => epoch >= EPOCH_BASE);
  expect(published.filter(({ succeeded }) => !succeeded)).toEqual([]);
  expect(new Set(published.map(({ channel, epoch }) => `${channel} ${epoch}`)).size).toBe(published.length);
  expect(await platform.records(platform.topics.deadLetters)).toEqual([]);
}

/** Waits, after the traffic has stopped, until every claim of the chain is in a root that is done. Gives all root lines. */
export async function untilAllDone({ live, expected }: ClosedLoop, gatewayUrl: string): Promise<string[]> {
  const { control } = live.chain;
  const stoppedAt = control.slot('processed');
  await until('the last claims are final', () => control.slot('finalized') > stoppedAt);
  const all = rootLines(await expected());
  const unfinished = async (): Promise<string[]> => {
    const done = new Set(rootLines(await doneRoots(gatewayUrl)));
    return all.filter((line) => !done.has(line));
  };
  expect(await untilNone(unfinished)).toEqual([]);
  return all;
}
