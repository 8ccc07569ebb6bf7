import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type FaultPlan, NO_FAULTS } from '../local/chain/core/faults/fault-plan.ts';
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

const random = (...words: (string | number)[]): number =>
  createHash('sha256').update(words.join('/')).digest().readUInt32BE(0) / 2 ** 32;

let rollbacks = 0;
/** Slots that are skipped or given up again, short of finality; some of what stood in them lands in the new fork. */
const forks: FaultPlan = {
  ...NO_FAULTS,
  slot: (slot) => {
    const rollbackSlots = slot > 40 && random('rollback', slot) < 0.1 ? 1 + Math.floor(random('depth', slot) * 5) : 0;
    if (rollbackSlots > 0) rollbacks += 1;
    return { skip: random('skip', slot) < 0.05, rollbackSlots };
  },
  relands: (signature) => random('relands', signature) < 0.3,
};

let loop: ClosedLoop;
let running: TwoListeners;

beforeAll(async () => {
  loop = await startClosedLoop({ faults: forks, consensus: 'tower' });
  running = await startTwoListeners(loop);
});

afterAll(async () => {
  await loop?.stop();
});

describe('a chain that gives up slots before they are final, read by two listeners', () => {
  it('ends in the roots of what became final, each published once', async () => {
    const { traffic, gatewayUrl } = running;
    const retracted = `select 1 from claims where status = 'retracted' limit 1`;
    await until(
      'six roots are settled and seen, and a claim was taken back',
      async () => (await doneRoots(gatewayUrl)).length >= 6 && (await loop.platform.rows(retracted)).length > 0,
    );
    await traffic.stop();
    await untilAllDone(loop, gatewayUrl);
    await expectNothingWrong(loop);
    expect(rollbacks).toBeGreaterThan(3);
  });

  it('has claims retracted, and counts none of them', async () => {
    const records = await loop.platform.decoded(loop.platform.topics.streamEvents);
    const retracted = records.filter(({ name, value }) => name === 'StreamEvent' && value.retracted);
    expect(retracted.length).toBeGreaterThan(0);
    const counted = (await loop.expected()).reduce((sum, { count }) => sum + count, 0);
    const included = `select count(*)::int as count from claims where leaf_index is not null`;
    expect(await loop.platform.rows(included)).toEqual([{ count: counted }]);
  });
});
