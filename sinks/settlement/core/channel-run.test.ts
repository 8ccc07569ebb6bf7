/** Several epochs of one channel in a transaction: fewer transactions, the same order, nobody paid twice. */

import { describe, expect, it } from '@jest/globals';
import { judgeSettled } from '../../../simulation/settlement/judge.ts';
import { SimulatedTransactions, seededRandom } from '../../../simulation/settlement/simulated-chain.ts';
import { SimulatedWorld } from '../../../simulation/settlement/simulated-world.ts';

const HOUR_MS = 3_600_000;

function backlog(channels: number, epochs: number): SimulatedWorld {
  const world = new SimulatedWorld(seededRandom(7));
  for (let epoch = 1; epoch <= epochs; epoch += 1)
    for (let channel = 0; channel < channels; channel += 1) world.addRoot(`channel-${channel}`, BigInt(epoch));
  return world;
}

/** Epochs of a channel in the order in which the chain took them. */
function takenOf({ chain }: SimulatedWorld, channel: string): number[] {
  return chain.landed.flatMap(({ error, roots }) =>
    error === null ? roots.filter((root) => root.channel === channel).map(({ epoch }) => Number(epoch)) : [],
  );
}

describe('a backlog of a channel', () => {
  it('goes in few transactions, every epoch once, in rising order', async () => {
    const world = backlog(1, 35);
    await world.run([world.startWorker()], undefined, HOUR_MS);
    expect(judgeSettled(world)).toEqual([]);
    expect(takenOf(world, 'channel-0')).toEqual(Array.from({ length: 35 }, (_, index) => index + 1));
    expect(world.chain.landed.length).toBeLessThanOrEqual(7);
  });

  it('never brings more epochs of a channel at once than its ring has slots', async () => {
    const world = backlog(1, 35);
    const small = new SimulatedTransactions(undefined, 1);
    await world.run([world.startWorker({}, undefined, small)], undefined, HOUR_MS);
    expect(judgeSettled(world)).toEqual([]);
    expect(world.chain.landed.map(({ roots }) => roots.length)).toEqual([10, 10, 10, 5]);
  });

  it('does not hold the others up when one of its roots is refused, and keeps its order', async () => {
    const world = backlog(3, 6);
    world.chain.refusedChannel = 'channel-1';
    const worker = world.startWorker();
    await world.runFor(worker, HOUR_MS / 6);
    for (const channel of ['channel-0', 'channel-2']) expect(takenOf(world, channel)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(takenOf(world, 'channel-1')).toEqual([]);
    world.chain.refusedChannel = undefined;
    await world.run([worker], undefined, HOUR_MS);
    expect(judgeSettled(world)).toEqual([]);
    expect(takenOf(world, 'channel-1')).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it.each([
    ['over the same slots', 105, 'ee'.repeat(32), [11]],
    ['with the same bytes', 9000, undefined, [11, 31]],
  ])(
    'takes no two roots %s into one transaction: the second is judged after the first',
    async (_, startSlot, bytes, taken) => {
      const world = new SimulatedWorld(seededRandom(7));
      world.addRoot('lacy', 11n);
      const [first] = world.topic;
      world.addRoot('lacy', 31n, bytes ?? first?.root, startSlot);
      await world.runFor(world.startWorker(), HOUR_MS / 6);
      expect(world.chain.landed.map(({ roots }) => roots.length)).toEqual(world.chain.landed.map(() => 1));
      expect(takenOf(world, 'lacy')).toEqual(taken);
    },
  );

  it('goes root by root where the key cannot pay for all of a transaction, but for one', async () => {
    const world = backlog(4, 1);
    // Rent of one new account and what the payer must keep, not that of four.
    world.chain.payerLamports = 30_000_000n;
    await world.run([world.startWorker()], undefined, HOUR_MS);
    expect(judgeSettled(world)).toEqual([]);
    expect(world.chain.landed.map(({ roots }) => roots.length)).toEqual([1, 1, 1, 1]);
  });
});
