/** Version 1 transactions where the cluster takes them, and what happens where something on their way does not. */

import { describe, expect, it } from '@jest/globals';
import { judgeSettled } from '../../../simulation/settlement/judge.ts';
import { seededRandom, type Version1Fate } from '../../../simulation/settlement/simulated-chain.ts';
import { SimulatedWorld } from '../../../simulation/settlement/simulated-world.ts';

const HOUR_MS = 3_600_000;

function worldWith(version1: Version1Fate, channels = 8, epochs = 20): SimulatedWorld {
  const world = new SimulatedWorld(seededRandom(7));
  world.chain.version1 = version1;
  for (let epoch = 1; epoch <= epochs; epoch += 1)
    for (let channel = 0; channel < channels; channel += 1) world.addRoot(`channel-${channel}`, BigInt(epoch));
  return world;
}

const formsOf = ({ chain }: SimulatedWorld): Set<string> => new Set(chain.landed.map(({ form }) => form));
const refusalsOf = ({ events }: SimulatedWorld): number => events.filter(({ kind }) => kind === 'formRefused').length;

describe('version 1 transactions', () => {
  it('carry several times more roots where the gate is open', async () => {
    const [legacy, version1] = [worldWith('gated'), worldWith('taken')];
    for (const world of [legacy, version1]) {
      await world.run([world.startWorker()], undefined, HOUR_MS);
      expect(judgeSettled(world)).toEqual([]);
    }
    expect([formsOf(legacy), formsOf(version1)]).toEqual([new Set(['legacy']), new Set(['version1'])]);
    expect(version1.chain.landed.length * 3).toBeLessThanOrEqual(legacy.chain.landed.length);
  });

  it.each([
    ['that a node refuses to simulate', 'refused'],
    ['that are lost on their way', 'lost'],
  ] as const)('%s give way to legacy ones; every root is settled once', async (_what, fate) => {
    const world = worldWith(fate, 3, 3);
    await world.run([world.startWorker()], undefined, HOUR_MS);
    expect(judgeSettled(world)).toEqual([]);
    expect(formsOf(world)).toEqual(new Set(['legacy']));
    expect(refusalsOf(world)).toBeGreaterThan(0);
  });

  it('of which one expired are refused once, however often its account cannot be read', async () => {
    const world = worldWith('lost', 1, 1);
    const accounts = world.chain.accounts.bind(world.chain);
    let unread = 0;
    world.chain.accounts = (channels, payer, commitment, minContextSlot) => {
      if (minContextSlot === undefined) return accounts(channels, payer, commitment);
      unread += 1;
      return Promise.reject(new Error('the account cannot be read'));
    };
    await world.runFor(world.startWorker(), HOUR_MS / 6);
    expect(unread).toBeGreaterThan(10);
    expect(refusalsOf(world)).toBe(1);
  });

  it('are tried again some time after a refusal', async () => {
    const world = worldWith('refused', 1, 1);
    const worker = world.startWorker();
    await world.runFor(worker, HOUR_MS / 2);
    expect([refusalsOf(world), formsOf(world)]).toEqual([1, new Set(['legacy'])]);
    world.chain.version1 = 'taken';
    world.addRoot('later', 1n);
    await world.runFor(worker, HOUR_MS / 2);
    expect(formsOf(world)).toEqual(new Set(['legacy', 'version1']));
    expect(judgeSettled(world)).toEqual([]);
  });

  it('are not sent where an operator wants legacy', async () => {
    const world = worldWith('taken', 2, 2);
    await world.run([world.startWorker({ version1: false })], undefined, HOUR_MS);
    expect(judgeSettled(world)).toEqual([]);
    expect(formsOf(world)).toEqual(new Set(['legacy']));
  });

  it('name the root that is refused by its place: no other root waits for it', async () => {
    const world = worldWith('taken', 5, 1);
    world.chain.refusedChannel = 'channel-3';
    await world.runFor(world.startWorker(), HOUR_MS / 6);
    const settled = world.chain.landed.flatMap(({ roots }) => roots.map(({ channel }) => channel));
    expect(settled.sort()).toEqual(['channel-0', 'channel-1', 'channel-2', 'channel-4']);
    expect(world.chain.landed.length).toBeLessThanOrEqual(3);
  });
});
