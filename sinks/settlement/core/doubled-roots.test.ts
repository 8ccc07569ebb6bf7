/** Records that come again (a group that was forgotten, a replay): what is done stays done, and stops nothing. */

import { describe, expect, it } from '@jest/globals';
import { judgeSettled } from '../../../simulation/settlement/judge.ts';
import { seededRandom } from '../../../simulation/settlement/simulated-chain.ts';
import { rootHex, SimulatedWorld } from '../../../simulation/settlement/simulated-world.ts';
import type { RootToSettle } from './root-job.ts';

const HOUR_MS = 3_600_000;

/** One channel with epochs 1 to 24, all settled: the ring holds the last ten. */
async function settledWorld(): Promise<SimulatedWorld> {
  const world = new SimulatedWorld(seededRandom(4));
  for (let epoch = 1n; epoch <= 24n; epoch += 1n) world.addRoot('lacy', epoch);
  await world.run([world.startWorker()]);
  expect(judgeSettled(world)).toEqual([]);
  return world;
}

function doubled(world: SimulatedWorld, ...epochs: bigint[]): RootToSettle[] {
  const from = world.topic.length;
  for (const epoch of epochs) world.addRoot('lacy', epoch);
  return world.topic.slice(from);
}

describe('a root whose record comes again', () => {
  it('is done without a row, also when the ring has gone past it, before and after a restart', async () => {
    const world = await settledWorld();
    const rows = world.ledger.length;
    doubled(world, 1n, 13n, 14n, 24n);
    world.addRoot('lacy', 25n);
    await world.run([world.startWorker()], undefined, HOUR_MS);
    expect(world.ledger.slice(rows).map(({ record }) => `${record.epoch} ${record.status}`)).toEqual([
      '25 PENDING',
      '25 CONFIRMED',
      '25 FINALIZED',
    ]);
    expect(world.allCommitted).toBe(true);
    expect(world.chain.publications('lacy', 1n)).toHaveLength(1);
  });

  it('is done in the worker that settled it, before the ledger is read anew', async () => {
    const world = new SimulatedWorld(seededRandom(5));
    for (const epoch of [1n, 1n, 2n, 1n]) world.addRoot('lacy', epoch);
    await world.run([world.startWorker()], undefined, HOUR_MS);
    expect(world.allCommitted).toBe(true);
    expect(world.ledger.map(({ record }) => `${record.epoch} ${record.status}`)).toEqual(
      [1, 2].flatMap((epoch) => ['PENDING', 'CONFIRMED', 'FINALIZED'].map((status) => `${epoch} ${status}`)),
    );
  });

  it('ends as settled where a former release has held it', async () => {
    const world = await settledWorld();
    const [again] = doubled(world, 3n) as [RootToSettle];
    world.appendRow(again, { status: 'HELD', attempt: 0, reason: 'EPOCH_NOT_ABOVE_RING: the ring slot holds 23' });
    await world.run([world.startWorker()], undefined, HOUR_MS);
    expect(world.rowsOf(again).map(({ status }) => status)).toEqual(['HELD', 'ALREADY_SETTLED']);
    expect(world.allCommitted).toBe(true);
  });

  it('is found in the history of its channel when the ledger was lost', async () => {
    const world = await settledWorld();
    const landed = world.chain.landed.length;
    world.ledger.splice(0);
    world.committed = { offset: 0n, metadata: '' };
    await world.run([world.startWorker()], undefined, 24 * HOUR_MS);
    expect(world.topic.map((root) => world.rowsOf(root).map(({ status }) => status))).toEqual(
      world.topic.map(() => ['ALREADY_SETTLED']),
    );
    expect(world.chain.landed).toHaveLength(landed);
  });

  it('is not taken for done when it has other bytes than the one that is', async () => {
    const world = await settledWorld();
    const from = world.topic.length;
    world.addRoot('lacy', 3n, 'ee'.repeat(32));
    await world.runFor(world.startWorker(), HOUR_MS);
    expect(world.rowsOf(world.topic[from] as RootToSettle).map(({ reason }) => reason?.split(':')[0])).toEqual([
      'EPOCH_NOT_ABOVE_RING',
    ]);
  });

  it('stays passed over when it ended in a conflict', async () => {
    const world = new SimulatedWorld(seededRandom(6));
    world.chain.preset('lacy', 1n, 'ee'.repeat(32));
    world.addRoot('lacy', 1n);
    await world.run([world.startWorker({ giveUp: new Map([['lacy', 1n]]) })], undefined, HOUR_MS);
    world.addRoot('lacy', 1n);
    world.addRoot('lacy', 2n);
    await world.run([world.startWorker()], undefined, HOUR_MS);
    expect(world.allCommitted).toBe(true);
    expect(world.chain.publications('lacy', 2n)[0]?.roots[0]?.root).toBe(rootHex('lacy', 2n));
  });
});
