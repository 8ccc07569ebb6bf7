import { describe, expect, it } from '@jest/globals';
import { PAYOUT, SimulatedBooks } from '../../../../simulation/settlement/simulated-books.ts';
import { seededRandom } from '../../../../simulation/settlement/simulated-chain.ts';
import { SimulatedWorld } from '../../../../simulation/settlement/simulated-world.ts';
import type { RootToSettle } from '../root-job.ts';
import { NO_POLICIES, type PolicySettings } from './policies.ts';

function worldOf(channels: readonly string[], epochs: number): SimulatedWorld & { evidence: SimulatedBooks } {
  const world = new SimulatedWorld(seededRandom(1));
  for (let epoch = 1; epoch <= epochs; epoch += 1) {
    for (const channel of channels) world.addRoot(channel, BigInt(epoch));
  }
  return Object.assign(world, { evidence: new SimulatedBooks(world) });
}

function policies(settings: Partial<PolicySettings>): { policies: PolicySettings; holdRetryMs: number } {
  return { policies: { ...NO_POLICIES, ...settings }, holdRetryMs: 2000 };
}

function lastStatus(world: SimulatedWorld, root: RootToSettle | undefined): string | undefined {
  const row = root === undefined ? undefined : world.rowsOf(root).at(-1);
  return row === undefined ? undefined : `${row.status} ${row.reason?.split(':')[0] ?? ''}`.trim();
}

describe('a worker with policies', () => {
  it('holds a channel with code and reason while the others go on', async () => {
    const world = worldOf(['lacy', 'marlon'], 2);
    const denied = new Set(['lacy']);
    const worker = world.startWorker(policies({ channels: { allowed: new Set(), denied } }));
    await world.runFor(worker, 60_000);
    expect(world.topic.map((root) => `${root.channel} ${lastStatus(world, root)}`)).toEqual([
      'lacy HELD POLICY_CHANNEL_DENIED',
      'marlon FINALIZED',
      'lacy HELD WAITING_BEHIND',
      'marlon FINALIZED',
    ]);
  });

  it('sends nothing while the legacy system publishes, whatever AUTO_PUBLISH says, and follows once it does not', async () => {
    const world = worldOf(['lacy', 'marlon'], 2);
    world.evidence.publishing = 'legacy';
    const worker = world.startWorker(policies({ followsCutover: true }));
    await world.runFor(worker, 60_000);
    const statuses = () => world.topic.map((root) => lastStatus(world, root)).sort();
    expect(statuses()).toEqual([
      ...['HELD POLICY_LEGACY_PUBLISHES', 'HELD POLICY_LEGACY_PUBLISHES', 'HELD WAITING_BEHIND', 'HELD WAITING_BEHIND'],
    ]);
    expect(world.chain.publications('lacy', 1n)).toEqual([]);

    world.evidence.publishing = 'new';
    await world.run([worker]);
    expect(statuses()).toEqual(Array<string>(4).fill('FINALIZED'));
  });

  it('lets a held channel delay no other by more than a slot', async () => {
    const landedAt = async (denied: readonly string[]): Promise<number | undefined> => {
      const world = worldOf(['lacy', 'marlon'], 1);
      const worker = world.startWorker(policies({ channels: { allowed: new Set(), denied: new Set(denied) } }));
      await world.runFor(worker, 30_000);
      return world.chain.publications('marlon', 1n)[0]?.height;
    };
    const [alone, beside] = [await landedAt([]), await landedAt(['lacy'])];
    expect(alone).toBeDefined();
    expect(Math.abs((beside ?? 0) - (alone ?? 0))).toBeLessThanOrEqual(4);
  });

  it('publishes only what the treasury can pay, those under way counted, and goes on when it is funded', async () => {
    const world = worldOf(['a', 'b', 'c', 'd'], 1);
    world.evidence.treasury = 2n * PAYOUT + 50n;
    const worker = world.startWorker(policies({ solvency: 'hold' }));
    await world.runFor(worker, 60_000);
    const statuses = () => world.topic.map((root) => lastStatus(world, root)).sort();
    expect(statuses()).toEqual(['FINALIZED', 'FINALIZED', 'HELD POLICY_INSOLVENT', 'HELD POLICY_INSOLVENT']);

    world.evidence.treasury = 4n * PAYOUT;
    await world.run([worker]);
    expect(statuses()).toEqual(['FINALIZED', 'FINALIZED', 'FINALIZED', 'FINALIZED']);
  });

  it('counts what a dead worker has under way', async () => {
    const world = worldOf(['a', 'b'], 1);
    world.evidence.treasury = PAYOUT;
    const [a] = world.topic;
    if (a === undefined) throw new Error('no root');
    // Sent, and nobody knows yet whether it lands.
    world.appendRow(a, { status: 'PENDING', signature: 'signature-of-the-dead', lastValidBlockHeight: 1_000_000 });
    const worker = world.startWorker(policies({ solvency: 'hold' }));
    await world.runFor(worker, 20_000);
    expect(lastStatus(world, world.topic[1])).toBe('HELD POLICY_INSOLVENT');
  });

  it('says what solvency and evictions come to where it only reports', async () => {
    const world = worldOf(['lacy'], 11);
    world.evidence.treasury = 0n;
    await world.run([world.startWorker(policies({ solvency: 'report' }))]);
    const told = world.events.flatMap((event) => (event.kind === 'promised' ? [event] : []));
    expect(told.map(({ root }) => root.epoch)).toEqual(world.topic.map(({ epoch }) => epoch));
    expect(told[0]?.solvency).toEqual({ value: { treasury: 0n, owed: 0n, added: PAYOUT } });
    expect(told.at(-1)?.evicted).toMatchObject({ epoch: 1n, owed: { value: PAYOUT } });
    // Nine stay, the eleventh comes.
    expect(told.at(-1)?.solvency).toEqual({ value: { treasury: 0n, owed: 9n * PAYOUT, added: PAYOUT } });
  });

  it('paces a backlog by the claim window: no root that owes leaves its ring before its time', async () => {
    const world = worldOf(['lacy'], 12);
    const claimWindowMs = 600_000;
    await world.run([world.startWorker(policies({ claimWindowMs }))]);
    const publishedAtMs = (epoch: number): number =>
      world.rowsOf(world.topic[epoch - 1] as RootToSettle).find(({ status }) => status === 'FINALIZED')?.at ?? 0;
    const sentAtMs = (epoch: number): number =>
      world.rowsOf(world.topic[epoch - 1] as RootToSettle).find(({ status }) => status === 'PENDING')?.at ?? 0;
    for (const epoch of [11, 12]) {
      expect(sentAtMs(epoch)).toBeGreaterThanOrEqual(publishedAtMs(epoch - 10) + claimWindowMs);
    }
    expect(publishedAtMs(10) - sentAtMs(1)).toBeLessThan(claimWindowMs);
  });

  it('holds what a policy cannot see, with a sentence, and sends it once the answer comes', async () => {
    const world = worldOf(['lacy'], 1);
    world.evidence.answers = false;
    const worker = world.startWorker(policies({ maxAmount: 1000n }));
    await world.runFor(worker, 60_000);
    const [root] = world.topic;
    expect(lastStatus(world, root)).toBe('HELD POLICY_UNKNOWN');
    expect(world.rowsOf(root as RootToSettle).at(-1)?.reason).toContain('the database is away');
    expect(world.chain.publications('lacy', 1n)).toEqual([]);

    world.evidence.answers = true;
    await world.run([worker]);
    expect(lastStatus(world, root)).toBe('FINALIZED');
  });

  it('sends nothing more once the fees of the day have come to the budget, and goes on the next day', async () => {
    const world = worldOf(['lacy'], 3);
    const worker = world.startWorker({ ...policies({ lamportsPerDay: 5000n }), maxRootsPerTransaction: 1 });
    await world.runFor(worker, 120_000);
    expect(world.topic.map((root) => lastStatus(world, root))).toEqual([
      'FINALIZED',
      'HELD POLICY_BUDGET_SPENT',
      'HELD WAITING_BEHIND',
    ]);
    world.clock.nowMs = 86_400_000;
    await world.runFor(worker, 60_000);
    expect(lastStatus(world, world.topic[1])).toBe('FINALIZED');
  });
});
