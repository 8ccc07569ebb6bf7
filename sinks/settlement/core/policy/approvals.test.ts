import { describe, expect, it } from '@jest/globals';
import type { SettlementDecision } from '../../../../schemas/records.ts';
import { seededRandom } from '../../../../simulation/settlement/simulated-chain.ts';
import { SimulatedWorld } from '../../../../simulation/settlement/simulated-world.ts';
import type { RootToSettle } from '../root-job.ts';
import { DecisionBook } from './decision-book.ts';
import { NO_POLICIES } from './policies.ts';

const WAIT_MS = 10_000;
const REQUIRED = { policies: { ...NO_POLICIES, approvals: 'required' as const } };

function worldOf(...channels: string[]): SimulatedWorld {
  const world = new SimulatedWorld(seededRandom(1));
  for (const channel of channels) world.addRoot(channel, 1n);
  return world;
}

function first(world: SimulatedWorld): RootToSettle {
  const [root] = world.topic;
  if (root === undefined) throw new Error('no root');
  return root;
}

function reasons(world: SimulatedWorld, root: RootToSettle): string[] {
  return world.rowsOf(root).map(({ status, reason }) => `${status} ${reason?.split(':')[0] ?? ''}`.trim());
}

function say(
  world: SimulatedWorld,
  worker: ReturnType<SimulatedWorld['startWorker']>,
  who: string,
  part: Partial<SettlementDecision>,
): void {
  const { channel, epoch, root } = first(world);
  world.decisions.add({ action: 'APPROVE', channel, epoch, root, who, why: 'looked at', at: 0, ...part });
  worker.settler.decided(channel);
}

describe('a worker and the decisions of people', () => {
  it('publishes nothing that needs approval before the second of two people has given it, and writes who did', async () => {
    const world = worldOf('lacy');
    world.decisions = new DecisionBook(2);
    const worker = world.startWorker(REQUIRED);
    await world.runFor(worker, WAIT_MS);
    say(world, worker, 'ada', {});
    await world.runFor(worker, WAIT_MS);
    expect(reasons(world, first(world))).toEqual(['HELD POLICY_NOT_APPROVED']);
    expect(world.chain.publications('lacy', 1n)).toEqual([]);

    say(world, worker, 'grace', {});
    await world.run([worker]);
    expect(reasons(world, first(world))).toEqual([
      'HELD POLICY_NOT_APPROVED',
      'HELD LET_GO_BY_PERSON',
      'PENDING',
      'CONFIRMED',
      'FINALIZED',
    ]);
    expect(world.rowsOf(first(world))[1]?.reason).toMatch(/approved by ada .*looked at.* and grace/);
  });

  it('lets an approved root go against a policy, and no other', async () => {
    const world = worldOf('lacy', 'marlon');
    const worker = world.startWorker({ policies: { ...NO_POLICIES, minimumClaims: 1000 } });
    say(world, worker, 'ada', {});
    await world.runFor(worker, 6 * WAIT_MS);
    expect(reasons(world, first(world)).at(-1)).toBe('FINALIZED');
    expect(reasons(world, world.topic[1] as RootToSettle)).toEqual(['HELD POLICY_TOO_FEW_CLAIMS']);
  });

  it('holds a channel that somebody holds, approved or not, and goes on at once when it is released', async () => {
    const world = worldOf('lacy', 'marlon');
    const worker = world.startWorker();
    say(world, worker, 'ada', { action: 'HOLD', epoch: null, root: null });
    say(world, worker, 'grace', {});
    await world.runFor(worker, 6 * WAIT_MS);
    expect(reasons(world, first(world))).toEqual(['HELD POLICY_HELD_BY_PERSON']);
    expect(reasons(world, world.topic[1] as RootToSettle).at(-1)).toBe('FINALIZED');

    const releasedMs = world.clock.nowMs;
    say(world, worker, 'grace', { action: 'RELEASE', epoch: null, root: null });
    await world.run([worker]);
    const sent = world.rowsOf(first(world)).find(({ status }) => status === 'PENDING');
    expect((sent?.at ?? Number.POSITIVE_INFINITY) - releasedMs).toBeLessThanOrEqual(1000);
  });

  it('lets a stopped channel go on when its conflict is given up by a record, without a restart', async () => {
    const world = worldOf('lacy');
    world.addRoot('lacy', 2n);
    world.chain.preset('lacy', 1n, 'ff'.repeat(32));
    const worker = world.startWorker();
    await world.runFor(worker, 6 * WAIT_MS);
    expect(reasons(world, world.topic[1] as RootToSettle)).toEqual(['HELD CHANNEL_STOPPED']);

    say(world, worker, 'ada', { action: 'GIVE_UP', root: null });
    await world.runFor(worker, 6 * WAIT_MS);
    expect(reasons(world, world.topic[1] as RootToSettle).at(-1)).toBe('FINALIZED');
  });

  it('publishes nothing while it cannot read what people decide', async () => {
    const world = worldOf('lacy');
    world.decisions.isCurrent = false;
    const worker = world.startWorker();
    await world.runFor(worker, 6 * WAIT_MS);
    expect(reasons(world, first(world))).toEqual(['HELD POLICY_UNKNOWN']);
    expect(world.chain.publications('lacy', 1n)).toEqual([]);
  });
});
