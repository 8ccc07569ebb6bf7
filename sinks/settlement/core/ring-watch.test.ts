import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../simulation/settlement/simulated-chain.ts';
import { SimulatedWorld } from '../../../simulation/settlement/simulated-world.ts';
import type { RingSlotView } from './ports.ts';
import { PublishedRoots } from './published-roots.ts';
import { ringAlarms } from './ring-watch.ts';

const OURS = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);

function publishedOf(...epochs: bigint[]): PublishedRoots {
  const published = new PublishedRoots();
  for (const epoch of epochs) published.note({ channel: 'lacy', epoch, root: OURS, status: 'FINALIZED', slot: 7 });
  return published;
}

function ringOf(...slots: readonly { epoch: bigint; root?: string }[]): RingSlotView[] {
  const ring = Array.from({ length: 10 }, () => ({ epoch: 0n, root: '0'.repeat(64) }));
  for (const { epoch, root = OURS } of slots) ring[Number(epoch % 10n)] = { epoch, root };
  return ring;
}

describe('rings against the ledger', () => {
  it.each([
    ['ours in its place', ringOf({ epoch: 20n }), []],
    ['a later one beside it that nobody of us published', ringOf({ epoch: 20n }, { epoch: 21n }), ['foreign 21']],
    ['ours evicted by an epoch that nobody of us published', ringOf({ epoch: 30n, root: OTHER }), ['foreign 30']],
    ['a legacy root below ours', ringOf({ epoch: 20n }, { epoch: 19n, root: OTHER }), []],
    ['other bytes in its place', ringOf({ epoch: 20n, root: OTHER }), ['foreign 20', 'missing 20']],
    ['an empty slot', ringOf(), ['missing 20']],
    ['an older epoch in its place', ringOf({ epoch: 10n, root: OTHER }), ['missing 20']],
    ['no account at all', undefined, ['missing 20']],
  ])('%s', (_name, ring, alarms) => {
    const found = ringAlarms('lacy', ring, publishedOf(20n));
    expect(found.map(({ kind, epoch }) => `${kind} ${epoch}`)).toEqual(alarms);
  });

  it('say nothing of a channel of which we have nothing on chain, nor of what is under way', () => {
    expect(ringAlarms('lacy', ringOf({ epoch: 20n, root: OTHER }), publishedOf())).toEqual([]);
    const published = publishedOf(20n);
    published.note({ channel: 'lacy', epoch: 21n, root: OURS, status: 'PENDING', slot: null, signature: 'signature' });
    expect(ringAlarms('lacy', ringOf({ epoch: 20n }, { epoch: 21n }), published)).toEqual([]);
  });
});

describe('a worker that watches the rings', () => {
  it('alarms once, with who signed it, of a root that somebody else published, and of one that is gone', async () => {
    const world = new SimulatedWorld(seededRandom(1));
    world.addRoot('lacy', 1n);
    const worker = world.startWorker();
    await world.run([worker]);
    world.chain.landForeign('lacy', 2n, OTHER, 'signature-of-a-stranger', 'stranger');
    await world.runFor(worker, 60_000);
    const told = () => world.events.flatMap((event) => (event.kind === 'ringAlarm' ? [event] : []));
    expect(told()).toMatchObject([{ alarm: { kind: 'foreign', channel: 'lacy', epoch: 2n }, signer: 'stranger' }]);
    expect(worker.settler.ringAlarms('foreign')).toBe(1);

    // The chain forgets what was final.
    world.chain.landed.splice(0);
    await world.runFor(worker, 60_000);
    expect(told().map(({ alarm }) => `${alarm.kind} ${alarm.epoch}`)).toEqual(['foreign 2', 'missing 1']);
    expect([worker.settler.ringAlarms('foreign'), worker.settler.ringAlarms('missing')]).toEqual([0, 1]);
  });
});
