import { describe, expect, it } from '@jest/globals';
import { Keypair } from '@solana/web3.js';
import type { ServedRoot } from './gateway-view.ts';
import { isReached, summarise } from './goal.ts';
import { parseOptions } from './options.ts';
import { type PlanInput, planRoles } from './plan.ts';

const root = (channel: string, epoch: string, state: Partial<ServedRoot> = {}): ServedRoot => ({
  channel,
  epoch,
  root: 'ab'.repeat(32),
  count: 3,
  settled: false,
  seenOnChain: false,
  signature: null,
  ...state,
});

describe('the goal of npm start', () => {
  it('counts a root as settled only once it is final and was seen back on chain', () => {
    const goal = { kind: 'settled', count: 1 } as const;
    expect(isReached(goal, [root('a', '1', { settled: true })])).toBe(false);
    expect(isReached(goal, [root('a', '1', { settled: true, seenOnChain: true })])).toBe(true);
    expect(isReached({ kind: 'roots', count: 2 }, [root('a', '1')])).toBe(false);
  });

  it('sums up roots by epoch and channel, epochs as numbers where those are exact', () => {
    const counts = {
      events: 9,
      claims: 6,
      proofsClaimed: 2,
      startMs: 1,
      durationMs: 2,
      reached: true,
      ended: 'reached',
      reason: null,
    } as const;
    const summary = summarise(
      [root('b', '10'), root('a', '10'), root('a', '9'), root('a', '18446744073709551615')],
      counts,
    );
    expect(summary.roots_detail.map(({ channel, epoch }) => [channel, epoch])).toEqual([
      ['a', 9],
      ['a', 10],
      ['b', 10],
      ['a', '18446744073709551615'],
    ]);
    expect(summary).toMatchObject({ events: 9, claims: 6, roots: 4, settled: 0, proofsClaimed: 2 });
  });
});

describe('the plan of npm start', () => {
  const stack = {
    kafkaBrokers: ['127.0.0.1:9092'],
    registryUrl: 'http://127.0.0.1:8081',
    databaseUrl: 'postgresql://127.0.0.1/ao',
  };
  const key = (path: string) => ({ path, keypair: Keypair.generate() });
  const chain = {
    port: 8899,
    mint: key('/keys/mint.json'),
    publisher: key('/keys/publisher.json'),
    visitor: key('/keys/visitor.json'),
  };
  const input = (args: string[], over: Partial<PlanInput> = {}): PlanInput => ({
    options: parseOptions(args),
    stack,
    env: {},
    dataDir: '/data',
    gatewayPort: 3000,
    chain,
    opsPort: () => 9999,
    ...over,
  });
  const names = (plan: ReturnType<typeof planRoles>): string[] => plan.roles.map(({ name }) => name);

  it('runs every role and the traffic on the local chain, numbering above the first allocation', () => {
    const plan = planRoles(input([]));
    expect(names(plan)).toEqual(['listen', 'process', 'sink', 'gateway', 'lag-exporter', 'settle', 'traffic']);
    expect(plan.roles[0]?.env).toMatchObject({
      EPOCH_BASE: '10',
      AUTO_PUBLISH: 'true',
      MINT_PUBKEY: chain.mint.keypair.publicKey.toBase58(),
    });
  });

  it("lets the user's variables win over the local defaults", () => {
    const plan = planRoles(input([], { env: { EPOCH_DURATION_SLOTS: '50', FINALIZE_THRESHOLD_SECS: '7' } }));
    expect(plan.roles[0]?.env).toMatchObject({ EPOCH_DURATION_SLOTS: '50', FINALIZE_THRESHOLD_SECS: '7' });
  });

  it('leaves settlement and traffic out on another chain, and says why', () => {
    const plan = planRoles(input(['--rpc', 'http://127.0.0.1:1'], { chain: undefined }));
    expect(names(plan)).toEqual(['listen', 'process', 'sink', 'gateway', 'lag-exporter']);
    expect(plan.notes.join()).toMatch(/MINT_PUBKEY/);
  });

  it('says how long an epoch is on another chain, where the short ones of the local chain do not hold', () => {
    const onAnother = (env: Record<string, string>): string =>
      planRoles(input(['--rpc', 'http://127.0.0.1:1'], { chain: undefined, env })).notes.join('\n');
    expect(onAnother({})).toMatch(
      /an epoch has 432,000 slots, about 48 h at slots of 400 ms, 24 h at slots of 200 ms \(the default; EPOCH_DURATION_SLOTS/,
    );
    expect(onAnother({ EPOCH_DURATION_SLOTS: '150' })).toMatch(
      /150 slots, about 1\.0 min at slots of 400 ms, 0\.5 min at slots of 200 ms \(EPOCH/,
    );
    expect(planRoles(input([])).notes.join()).not.toMatch(/slots/);
  });

  it('says that publishing is off, and keeps the fans in claims where nothing is settled', () => {
    const off = planRoles(input([], { env: { AUTO_PUBLISH: 'false' } }));
    expect(off).toMatchObject({ publishes: false, notes: [expect.stringMatching(/^publishing is off/)] });
    const traffic = (plan: ReturnType<typeof planRoles>): unknown =>
      plan.roles.find(({ name }) => name === 'traffic')?.env['TRAFFIC_ALLOCATIONS'];
    expect(traffic(off)).toBe('all');
    expect(traffic(planRoles(input(['--until-roots', '24'])))).toBe('all');
    const on = planRoles(input([]));
    expect(on).toMatchObject({ publishes: true, notes: [] });
    expect(traffic(on)).toBeUndefined();
  });

  it('hands the tools where everything is, and nothing that makes a role publish', () => {
    const { forTools } = planRoles(input([], { env: { KAFKA_NAMESPACE: 'mine.', AUTO_PUBLISH: 'true' } }));
    expect(forTools).toMatchObject({
      KAFKA_BROKERS: '127.0.0.1:9092',
      KAFKA_NAMESPACE: 'mine.',
      EPOCH_BASE: '10',
      GATEWAY_PORT: '3000',
      AO_WALLET: '/keys/visitor.json',
    });
    expect(Object.keys(forTools).filter((name) => /AUTO_PUBLISH|KEYPAIR/.test(name))).toEqual([]);
  });

  it('starts several listeners under ids of their own, and the webhooks when they have addresses', () => {
    const plan = planRoles(
      input(['--listeners', '2', '--until-roots', '1'], {
        env: { AGGREGATOR_URL: 'http://127.0.0.1:8000', WEBHOOKS_FILE: '/etc/webhooks.json' },
      }),
    );
    expect(names(plan)).toEqual([
      'listen-1',
      'listen-2',
      'process',
      'sink',
      'gateway',
      'lag-exporter',
      'webhook',
      'webhooks',
      'traffic',
    ]);
    expect(plan.roles.slice(0, 2).map(({ env }) => env['LISTENER_ID'])).toEqual(['listener-1', 'listener-2']);
  });
});
