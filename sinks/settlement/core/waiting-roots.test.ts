/** What a root says of itself while it is not the oldest of its channel. */

import { describe, expect, it } from '@jest/globals';
import { judgeSettled } from '../../../simulation/settlement/judge.ts';
import { PUBLISHER, seededRandom } from '../../../simulation/settlement/simulated-chain.ts';
import { SimulatedWorld } from '../../../simulation/settlement/simulated-world.ts';

const HOUR_MS = 3_600_000;

function worldOf(epochs: number): SimulatedWorld {
  const world = new SimulatedWorld(seededRandom(8));
  for (let epoch = 1; epoch <= epochs; epoch += 1) world.addRoot('lacy', BigInt(epoch));
  return world;
}

function newest(world: SimulatedWorld): string[] {
  return world.topic.map((root) => {
    const row = world.rowsOf(root).at(-1);
    return row?.status === 'HELD' ? `HELD ${row.reason?.split(':')[0]}` : (row?.status ?? 'nothing');
  });
}

describe('a root behind another one of its channel', () => {
  it('says which epoch it waits for and why that one is held, once', async () => {
    const world = worldOf(4);
    world.chain.protocol = { paused: true, admin: 'admin', publisher: PUBLISHER };
    const worker = world.startWorker();
    await world.runFor(worker, HOUR_MS);
    expect(newest(world)).toEqual(['HELD PROTOCOL_PAUSED', ...Array<string>(3).fill('HELD WAITING_BEHIND')]);
    expect(world.ledger).toHaveLength(4);
    expect(world.ledger[3]?.record.reason).toMatch(/oldest of them epoch 1, which is held \(PROTOCOL_PAUSED\)/);
    expect(worker.settler.counts.held).toEqual(
      new Map([
        ['PROTOCOL_PAUSED', 1],
        ['WAITING_BEHIND', 3],
      ]),
    );
    await world.runFor(world.startWorker(), HOUR_MS);
    expect(world.ledger).toHaveLength(4);
    world.chain.protocol = { paused: false, admin: 'admin', publisher: PUBLISHER };
    await world.run([world.startWorker()]);
    expect(judgeSettled(world)).toEqual([]);
  });

  it('does not go on saying AUTO_PUBLISH_OFF after AUTO_PUBLISH was turned on, in ledger and metric', async () => {
    const world = worldOf(5);
    await world.runFor(world.startWorker({ autoPublish: false }), 10_000);
    expect(newest(world)).toEqual(Array<string>(5).fill('HELD AUTO_PUBLISH_OFF'));
    const worker = world.startWorker({ maxRootsPerTransaction: 1 });
    await world.runFor(worker, 3000);
    expect(newest(world)[0]).toMatch(/^(PENDING|CONFIRMED)$/);
    expect(newest(world).slice(1)).toEqual(Array<string>(4).fill('HELD WAITING_BEHIND'));
    expect(worker.settler.counts.held).toEqual(new Map([['WAITING_BEHIND', 4]]));
    await world.run([worker]);
    expect(judgeSettled(world)).toEqual([]);
  });

  it('says nothing behind a root that is on its way', async () => {
    const world = worldOf(3);
    await world.run([world.startWorker()]);
    expect(world.ledger.filter(({ record }) => record.status === 'HELD')).toEqual([]);
  });
});
