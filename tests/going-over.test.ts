import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type ClosedLoop,
  doneRoots,
  expectNothingWrong,
  startClosedLoop,
  startTwoListeners,
  type TwoListeners,
  untilAllDone,
} from './testing/closed-loop.ts';
import { until } from './testing/until.ts';

const ONE_STEP = 'events are written once, as final';

let loop: ClosedLoop;
let running: TwoListeners;

beforeAll(async () => {
  loop = await startClosedLoop({ consensus: 'tower' });
  running = await startTwoListeners(loop);
});

afterAll(async () => {
  await loop?.stop();
});

describe('a cluster that goes over from TowerBFT to Alpenglow while two listeners read it', () => {
  it('ends in the roots of its claims, each published once, and each event written once by each listener', async () => {
    const { control } = loop.live.chain;
    const { listeners, traffic, gatewayUrl } = running;
    await until('roots are settled under TowerBFT', async () => (await doneRoots(gatewayUrl)).length >= 2);
    expect(listeners.filter((listener) => listener.log().some(({ msg }) => msg === ONE_STEP))).toEqual([]);

    control.migrate();
    const wentOverAt = control.slot('processed');
    await until('both listeners have found it out', () =>
      listeners.every((listener) => listener.log().some(({ msg }) => msg === ONE_STEP)),
    );
    const foundOutAt = control.slot('processed');
    const before = (await doneRoots(gatewayUrl)).length;
    await until('more roots are settled', async () => (await doneRoots(gatewayUrl)).length >= before + 3);
    await traffic.stop();
    await untilAllDone(loop, gatewayUrl);
    await expectNothingWrong(loop);

    const records = await loop.platform.decoded(loop.platform.topics.streamEvents);
    const events = records.flatMap(({ name, value }) => (name === 'StreamEvent' ? [value] : []));
    const names = events.map(({ source, eventId }) => `${source} ${eventId}`);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    const later = events.filter(({ slot }) => slot > foundOutAt);
    expect(new Set(later.map(({ source }) => source))).toEqual(new Set(['north', 'south']));
    expect(later.filter(({ commitment }) => commitment !== 'finalized')).toEqual([]);
    expect(events.some(({ slot, commitment }) => slot <= wentOverAt && commitment === 'confirmed')).toBe(true);
  });
});
