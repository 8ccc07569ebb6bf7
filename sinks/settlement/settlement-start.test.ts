import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rootHex, SettlementRig } from './testing/settlement-rig.ts';

let rig: SettlementRig;
beforeAll(async () => {
  rig = await SettlementRig.start();
});
afterAll(async () => {
  await rig.stop();
});

describe('the start of settlement before the first root of a deployment', () => {
  it('is refused with the base to set while a ring holds epochs at or above EPOCH_BASE', async () => {
    await rig.publishByHand({ channel: 'legacy', epoch: 1_763_942_437n, root: 'cd'.repeat(32) });
    for (const env of [{}, { AUTO_PUBLISH: 'false' }, { EPOCH_BASE: '1763942430' }]) {
      await expect(rig.startWorker(env)).rejects.toMatchObject({
        code: 'EPOCH_BASE_TOO_LOW',
        message: expect.stringContaining('EPOCH_BASE=1763942440 '),
      });
    }
    const epoch = 1_763_942_441n;
    const worker = await rig.startWorker({ EPOCH_BASE: '1763942440' });
    await rig.emitRoots({ channel: 'legacy', epoch, startSlot: 10 });
    await rig.rowsUntil('legacy', epoch, 'FINALIZED');
    await worker.stop();
    expect(rig.rootOnChain('legacy', epoch)).toBe(rootHex('legacy', epoch));
  });

  it('is not refused any more once roots of ours are on chain', async () => {
    await rig.publishByHand({ channel: 'late', epoch: 1_763_999_999n, root: 'cd'.repeat(32) });
    const worker = await rig.startWorker();
    await worker.stop();
  });
});
