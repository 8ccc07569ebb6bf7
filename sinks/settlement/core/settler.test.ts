import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SettlementRecord } from '../../../schemas/records.ts';
import { isTerminal } from './ledger-history.ts';
import type { RootToSettle } from './root-job.ts';
import { seededRandom } from './simulated-chain.fixture.ts';
import { SimulatedWorld } from './simulated-world.fixture.ts';

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

/** What must hold of every root in the end, whatever went wrong, when one worker ran at a time. */
function expectSettledOnce(world: SimulatedWorld): void {
  expect(world.allCommitted).toBe(true);
  for (const root of world.topic) {
    const publications = world.chain.publications(root.channel, root.epoch);
    expect(publications).toHaveLength(1);
    expectRowsTell(world.rowsOf(root), root, publications[0]?.signature);
  }
  expect(world.chain.failedOnChain).toBe(0);
}

function expectRowsTell(rows: readonly SettlementRecord[], root: RootToSettle, landed: string | undefined): void {
  expect(rows.filter(({ status }) => isTerminal(status))).toHaveLength(1);
  const last = rows.at(-1);
  expect(['FINALIZED', 'ALREADY_SETTLED']).toContain(last?.status);
  if (last?.status === 'FINALIZED') expect(last.signature).toBe(landed);
  expect(last?.root).toBe(root.root);
  const bySignature = Map.groupBy(
    rows.filter(({ signature }) => signature !== null),
    ({ signature }) => signature,
  );
  for (const [signature, ofAttempt] of bySignature) {
    expect(ofAttempt[0]?.status).toBe('PENDING');
    expect(ofAttempt.filter(({ status }) => status === 'PENDING')).toHaveLength(1);
    const end = ofAttempt.at(-1)?.status;
    if (signature !== landed) expect(end).toBe('FAILED');
    else expect(end).not.toBe('FAILED');
  }
}

describe('settler', () => {
  it('writes PENDING, CONFIRMED and FINALIZED for each root and commits behind the last one', async () => {
    const world = worldWith(2, 2);
    await world.run([world.startWorker()]);
    expectSettledOnce(world);
    for (const root of world.topic) {
      expect(statuses(world.rowsOf(root))).toEqual(['PENDING', 'CONFIRMED', 'FINALIZED']);
      expect(world.rowsOf(root)[2]).toMatchObject({ attempt: 1, feeLamports: 5000n, computeUnits: 30_000 });
    }
  });

  it('puts roots of different channels into one transaction and never two of one channel', async () => {
    const world = worldWith(5, 2);
    await world.run([world.startWorker()]);
    expect(world.chain.landed).toHaveLength(2);
    for (const { roots } of world.chain.landed) expect(new Set(roots.map(({ channel }) => channel)).size).toBe(5);
  });

  it('publishes the roots of a channel in the order of the topic, each after the one before is finalised', async () => {
    const world = worldWith(1, 4);
    await world.run([world.startWorker()]);
    expect(world.chain.landed.map(({ roots }) => roots[0]?.epoch)).toEqual(['1', '2', '3', '4']);
    const heights = world.chain.landed.map(({ height }) => height);
    heights.slice(1).forEach((height, index) => expect(height - (heights[index] ?? 0)).toBeGreaterThanOrEqual(32));
  });

  it('publishes every root exactly once when the worker dies at any call, before or after its effect', async () => {
    const clean = worldWith(2, 2);
    await clean.run([clean.startWorker()]);
    expect(clean.calls).toBeGreaterThan(50);
    for (let call = 1; call <= clean.calls; call += 1) {
      for (const after of [false, true]) {
        const world = worldWith(2, 2, call);
        // A second publication of the same root would be taken, and seen.
        world.chain.enforcesRing = false;
        await world.run([world.startWorker({}, { call, after })]);
        expectSettledOnce(world);
      }
    }
  });

  it('publishes every root exactly once under lost answers, lost sends, lagging nodes, forks and crashes', async () => {
    const share = fc.double({ min: 0, max: 0.3, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.integer(),
          channels: fc.integer({ min: 1, max: 4 }),
          epochs: fc.integer({ min: 1, max: 3 }),
          enforcesRing: fc.boolean(),
          crashes: fc.array(fc.record({ call: fc.integer({ min: 1, max: 120 }), after: fc.boolean() }), {
            maxLength: 4,
          }),
          faults: fc.record({
            lostAnswers: share,
            lostSends: fc.double({ min: 0, max: 0.95, noNaN: true }),
            lagging: share,
            forks: fc.double({ min: 0, max: 0.1, noNaN: true }),
          }),
        }),
        async ({ seed, channels, epochs, enforcesRing, crashes, faults }) => {
          const world = worldWith(channels, epochs, seed);
          world.chain.enforcesRing = enforcesRing;
          world.chain.faults = faults;
          const left = [...crashes];
          const next = () => world.startWorker({}, left.shift());
          await world.run([next()], next, 100 * 3_600_000);
          expectSettledOnce(world);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('ends in one publication of every root when two workers own the partition at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 40_000 }), async (seed, untilMs) => {
        const world = worldWith(3, 2, seed);
        world.chain.faults = { lostAnswers: 0.1, lostSends: 0.3, lagging: 0.2, forks: 0.02 };
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
});
