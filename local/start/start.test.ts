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
    const counts = { events: 9, claims: 6, proofsClaimed: 2, startMs: 1, durationMs: 2, reached: true };
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
  const chain = { port: 8899, mint: key('/keys/mint.json'), publisher: key('/keys/publisher.json') };
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

  it('starts several listeners under ids of their own, and the webhook when it has an address', () => {
    const plan = planRoles(
      input(['--listeners', '2', '--until-roots', '1'], { env: { AGGREGATOR_URL: 'http://127.0.0.1:8000' } }),
    );
    expect(names(plan)).toEqual([
      'listen-1',
      'listen-2',
      'process',
      'sink',
      'gateway',
      'lag-exporter',
      'webhook',
      'traffic',
    ]);
    expect(plan.roles.slice(0, 2).map(({ env }) => env['LISTENER_ID'])).toEqual(['listener-1', 'listener-2']);
  });
});
