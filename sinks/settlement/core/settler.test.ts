import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SettlementRecord } from '../../../schemas/records.ts';
import { judgeSettled } from '../../../simulation/settlement/judge.ts';
import { NO_CHAIN_FAULTS, PUBLISHER, SLOT_MS, seededRandom } from '../../../simulation/settlement/simulated-chain.ts';
import { rootHex, SimulatedWorld } from '../../../simulation/settlement/simulated-world.ts';
import { isTerminal } from './ledger-history.ts';
import type { RootToSettle } from './root-job.ts';

function worldWith(channels: number, epochs: number, seed = 1): SimulatedWorld {
  const world = new SimulatedWorld(seededRandom(seed));
  for (let epoch = 1; epoch <= epochs; epoch += 1) {
    for (let channel = 0; channel < channels; channel += 1) world.addRoot(`channel-${channel}`, BigInt(epoch));
  }
  return world;
}

function statuses(rows: readonly SettlementRecord[]): string[] {
  return rows.map(({ status }) => status);
}

function expectSettledOnce(world: SimulatedWorld): void {
  expect(judgeSettled(world)).toEqual([]);
}

describe('settler', () => {
  it('writes PENDING, CONFIRMED and FINALIZED for each root and commits behind the last one', async () => {
    const world = worldWith(2, 2);
    await world.run([world.startWorker()]);
    expectSettledOnce(world);
    for (const root of world.topic) {
      expect(statuses(world.rowsOf(root))).toEqual(['PENDING', 'CONFIRMED', 'FINALIZED']);
      expect(world.rowsOf(root)[2]).toMatchObject({ attempt: 1, feeLamports: 5000n, computeUnits: 60_000 });
    }
  });

  it('tells of each root what becomes of it, with its transaction and how long it took', async () => {
    const world = worldWith(1, 1);
    await world.run([world.startWorker()]);
    const [root] = world.topic;
    const [pending, confirmed, final] = root === undefined ? [] : world.rowsOf(root);
    const about = { root: { channel: 'channel-0', epoch: 1n }, signature: pending?.signature };
    expect(world.events.filter(({ kind }) => ['attempt', 'confirmed', 'finalized'].includes(kind))).toMatchObject([
      { kind: 'attempt', ...about, attempt: 1 },
      { kind: 'confirmed', ...about, slot: confirmed?.slot },
      { kind: 'finalized', ...about, slot: final?.slot, feeLamports: 5000n },
    ]);
    const [finalized] = world.events.flatMap((event) => (event.kind === 'finalized' ? [event] : []));
    expect(finalized?.latencyMs).toBe(Number(final?.at) - (root?.recordedAtMs ?? 0));
  });

  it('writes the end of a root without what it cost where no node tells, after having asked five times, and says so once', async () => {
    const world = worldWith(1, 1);
    world.chain.lacks('cost');
    await world.run([world.startWorker()]);
    const [root] = world.topic;
    const rows = root === undefined ? [] : world.rowsOf(root);
    expect(rows.at(-1)).toMatchObject({ status: 'FINALIZED', feeLamports: null, computeUnits: null });
    const calls = world.events.filter((event) => event.kind === 'rpcFailed' && event.call === 'cost');
    expect(calls).toHaveLength(5);
    expect(world.events.filter(({ kind }) => kind === 'costUnknown')).toEqual([
      { kind: 'costUnknown', signature: rows[0]?.signature },
    ]);
  });

  it('says of a transaction that can land no more why it came to nothing, and sends another one', async () => {
    const world = worldWith(1, 1);
    world.chain.faults = { ...NO_CHAIN_FAULTS, lostSends: 1 };
    const worker = world.startWorker();
    const [root] = world.topic as [RootToSettle];
    while (!statuses(world.rowsOf(root)).includes('FAILED')) await world.runFor(worker, 1000);
    world.chain.faults = NO_CHAIN_FAULTS;
    await world.run([worker]);
    const [pending, failed, ...then] = world.rowsOf(root);
    expect(failed).toMatchObject({ status: 'FAILED', attempt: 1, signature: pending?.signature, feeLamports: null });
    expect(failed?.reason).toBe(
      `EXPIRED: block height ${pending?.lastValidBlockHeight} passed and no node knows it; it can land no more`,
    );
    expect(then.map(({ status, attempt }) => `${status} ${attempt}`)).toEqual([
      'PENDING 2',
      'CONFIRMED 2',
      'FINALIZED 2',
    ]);
    expect(world.events.filter(({ kind }) => kind === 'failed')).toMatchObject([
      {
        root: { channel: 'channel-0', epoch: 1n },
        ...{ signature: pending?.signature, code: 'EXPIRED', reason: expect.stringMatching(/it can land no more/) },
      },
    ]);
  });

  it('looks sooner when somebody says that a transaction is final, and believes only the chain', async () => {
    const finalAfterMs = async (notices: () => boolean): Promise<number> => {
      const world = worldWith(1, 1);
      world.notices = notices;
      const worker = world.startWorker({ pollMs: 600_000 });
      const [root] = world.topic;
      const startedMs = world.clock.nowMs;
      while (root !== undefined && statuses(world.rowsOf(root)).at(-1) !== 'FINALIZED') await world.runFor(worker, 200);
      return world.clock.nowMs - startedMs;
    };
    const polled = await finalAfterMs(() => false);
    const told = await finalAfterMs(() => true);
    expect(told).toBeLessThan(polled);
    // Not before it was: 32 blocks on top.
    expect(told).toBeGreaterThan(32 * SLOT_MS);
  });

  it('lets a new root wait for a slot of the cluster once it has seen its pace, no longer', async () => {
    const pendingAfterMs = async (idleMs: number): Promise<number> => {
      const world = worldWith(1, 1);
      const worker = world.startWorker({ lingerMs: 30_000 });
      await world.runFor(worker, idleMs);
      world.addRoot('later', 1n);
      const startedMs = world.clock.nowMs;
      while (world.topic.slice(-1).some((root) => world.rowsOf(root).length === 0)) await world.runFor(worker, 50);
      return world.clock.nowMs - startedMs;
    };
    expect(await pendingAfterMs(120_000)).toBeLessThan(3 * SLOT_MS);
    expect(await pendingAfterMs(0)).toBeGreaterThanOrEqual(30_000);
  });

  it('puts roots of different channels into one transaction', async () => {
    const world = worldWith(5, 2);
    await world.run([world.startWorker({ maxRootsPerTransaction: 5 })]);
    expect(world.chain.landed.every(({ roots }) => roots.length <= 5)).toBe(true);

    expectSettledOnce(world);
    expect(world.chain.landed.some(({ roots }) => new Set(roots.map(({ channel }) => channel)).size > 1)).toBe(true);
  });

  it('publishes the roots of a channel in the order of the topic, each after the one before is finalised', async () => {
    const world = worldWith(1, 4);
    await world.run([world.startWorker({ maxRootsPerTransaction: 1 })]);
    expect(world.chain.landed.map(({ roots }) => roots[0]?.epoch)).toEqual(['1', '2', '3', '4']);
    const heights = world.chain.landed.map(({ height }) => height);
    heights.slice(1).forEach((height, index) => expect(height - (heights[index] ?? 0)).toBeGreaterThanOrEqual(32));
  });

  it('publishes every root exactly once when the worker dies at any call, before or after its effect', async () => {
    const clean = worldWith(2, 4);
    await clean.run([clean.startWorker()]);
    expect(clean.calls).toBeGreaterThan(50);
    for (let call = 1; call <= clean.calls; call += 1) {
      for (const after of [false, true]) {
        const world = worldWith(2, 4, call);
        // A second publication of the same root would be taken, and seen.
        world.chain.enforcesRing = false;
        await world.run([world.startWorker({}, { call, after })]);
        expectSettledOnce(world);
      }
    }
  });

  it('ends in one publication of every root when two workers own the partition at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 40_000 }), async (seed, untilMs) => {
        const world = worldWith(3, 2, seed);
        world.chain.faults = {
          lostAnswers: 0.1,
          lostSends: 0.3,
          slowSends: 0.1,
          forgetful: 0,
          lagging: 0.2,
          forks: 0.02,
        };
        const zombie = world.startWorker({ worker: 'zombie' });
        const owner = world.startWorker({ worker: 'owner' });
        const endMs = world.clock.nowMs + untilMs;
        while (world.clock.nowMs < endMs) {
          await zombie.step();
          await owner.step();
          world.clock.nowMs += 300;
        }
        zombie.owner = false;
        await world.run([owner]);
        expect(world.allCommitted).toBe(true);
        for (const root of world.topic) {
          expect(world.chain.publications(root.channel, root.epoch)).toHaveLength(1);
          expect(world.rowsOf(root).some(({ status }) => isTerminal(status))).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('does not take a root for settled that stands in a block which may be dropped', async () => {
    const world = worldWith(1, 1);
    world.chain.landForeign('channel-0', 1n, rootHex('channel-0', 1n));
    world.clock.nowMs += 800;
    const worker = world.startWorker();
    await world.runFor(worker, 4000);
    expect(world.ledger).toEqual([]);
    world.chain.dropUnfinalised();
    await world.run([worker]);
    expect(statuses(world.rowsOf(world.topic[0] as RootToSettle))).toEqual(['PENDING', 'CONFIRMED', 'FINALIZED']);
  });

  it('does not take a foreign root in a block that may be dropped for a conflict', async () => {
    const world = worldWith(1, 1);
    world.chain.landForeign('channel-0', 1n, 'ff'.repeat(32));
    world.clock.nowMs += 800;
    const worker = world.startWorker();
    await world.runFor(worker, 4000);
    world.chain.dropUnfinalised();
    await world.run([worker]);
    expectSettledOnce(world);
  });

  it('writes FINALIZED as the last row when two attempts of dead workers are open and one landed', async () => {
    const world = worldWith(1, 1);
    const [root] = world.topic as [RootToSettle];
    const height = Math.floor(world.clock.nowMs / SLOT_MS);
    world.appendRow(root, { status: 'PENDING', attempt: 1, signature: 'lost', lastValidBlockHeight: height + 100 });
    world.appendRow(root, { status: 'PENDING', attempt: 2, signature: 'good', lastValidBlockHeight: height + 20 });
    world.chain.landForeign(root.channel, root.epoch, root.root, 'good');
    await world.run([world.startWorker()]);
    expect(world.rowsOf(root).map(({ status, signature }) => [status, signature])).toEqual([
      ['PENDING', 'lost'],
      ['PENDING', 'good'],
      ['CONFIRMED', 'good'],
      ['FAILED', 'lost'],
      ['FINALIZED', 'good'],
    ]);
  });

  it('says ALREADY_SETTLED when the account has the root and no node knows the transaction any more', async () => {
    const world = worldWith(1, 1);
    const [root] = world.topic as [RootToSettle];
    world.appendRow(root, { status: 'PENDING', signature: 'gone', lastValidBlockHeight: 100 });
    world.chain.preset(root.channel, root.epoch, root.root);
    await world.run([world.startWorker()]);
    expect(statuses(world.rowsOf(root))).toEqual(['PENDING', 'ALREADY_SETTLED']);
  });

  it('holds every root while the protocol is paused, says so once also after restarts, and goes on in order', async () => {
    const world = worldWith(2, 2);
    world.chain.protocol = { paused: true, admin: 'admin', publisher: PUBLISHER };
    for (let restart = 0; restart < 3; restart += 1)
      await world.runFor(world.startWorker({ holdRetryMs: 2000 }), 10_000);
    expect(world.ledger.map(({ record }) => [record.channel, record.epoch, record.reason?.split(':')[0]])).toEqual([
      ['channel-0', 1n, 'PROTOCOL_PAUSED'],
      ['channel-1', 1n, 'PROTOCOL_PAUSED'],
      ['channel-0', 2n, 'WAITING_BEHIND'],
      ['channel-1', 2n, 'WAITING_BEHIND'],
    ]);
    expect(world.ledger[0]?.record.reason).toMatch(/^PROTOCOL_PAUSED: /);
    expect(world.committed.offset).toBe(0n);
    world.chain.protocol = { paused: false, admin: 'admin', publisher: PUBLISHER };
    await world.run([world.startWorker()]);
    expectSettledOnce(world);
  });

  it('holds roots while the key cannot pay, naming balance and need', async () => {
    const world = worldWith(1, 1);
    world.chain.payerLamports = 5000n;
    const worker = world.startWorker({ holdRetryMs: 2000 });
    await world.runFor(worker, 5000);
    expect(world.ledger.map(({ record }) => record.status)).toEqual(['HELD']);
    expect(world.ledger[0]?.record.reason).toMatch(
      /^INSUFFICIENT_FUNDS: the settlement key holds 5000 lamports and the transaction needs \d+/,
    );
    world.chain.payerLamports = 1_000_000_000n;
    await world.run([worker]);
    expectSettledOnce(world);
  });

  it('holds the one root that the program refuses and publishes those it would have shared a transaction with', async () => {
    const world = worldWith(3, 1);
    world.chain.refusedChannel = 'channel-1';
    const worker = world.startWorker();
    await world.runFor(worker, 30_000);
    expect(world.topic.map((root) => world.rowsOf(root).at(-1)?.status)).toEqual(['FINALIZED', 'HELD', 'FINALIZED']);
    expect(world.committed.offset).toBe(1n);
    expect(worker.settler.counts.held).toEqual(new Map([['INVALID_INPUT_LENGTH', 1]]));
  });

  it('asks again for ever while the chain does not answer, with growing pauses', async () => {
    const world = worldWith(1, 1);
    world.chain.faults = { ...NO_CHAIN_FAULTS, lostAnswers: 1 };
    const worker = world.startWorker();
    await world.runFor(worker, 600_000);
    const pauses = world.events.flatMap((event) => (event.kind === 'rpcFailed' ? [event.retryInMs] : []));
    expect(pauses.slice(0, 4)).toEqual([250, 500, 1000, 2000]);
    expect(pauses.at(-1)).toBe(30_000);
    world.chain.faults = NO_CHAIN_FAULTS;
    await world.run([worker]);
    expectSettledOnce(world);
  });
});
