import { describe, expect, it } from '@jest/globals';
import { judgeSettled } from '../../../simulation/settlement/judge.ts';
import { seededRandom } from '../../../simulation/settlement/simulated-chain.ts';
import { SimulatedWorld, type Worker } from '../../../simulation/settlement/simulated-world.ts';

describe('a partition that is lost while PENDING is written', () => {
  it.each<[string, (worker: Worker) => unknown]>([
    ['the group gave it to another worker, who may have read the ledger before the row', (one) => (one.owner = false)],
    ['the brokers refused the row of a worker that does not know it yet', (one) => (one.fenced = true)],
  ])('is left alone: %s, so nothing is sent', async (_, lose) => {
    const world = new SimulatedWorld(seededRandom(1));
    world.addRoot('lacy', 1n);
    const worker = world.startWorker();
    worker.onAppend = () => lose(worker);
    await world.runFor(worker, 60_000);
    expect(world.events.filter(({ kind }) => kind === 'attempt')).toEqual([]);
    expect(world.chain.landed).toEqual([]);
    await world.run([world.startWorker()]);
    expect(judgeSettled(world)).toEqual([]);
    expect(world.chain.landed).toHaveLength(1);
  });
});
