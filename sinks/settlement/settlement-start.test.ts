import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pickPort } from '../../local/stack/ports.ts';
import { until } from '../../tests/testing/until.ts';
import { rootHex, SettlementRig } from './testing/settlement-rig.ts';

let rig: SettlementRig;
beforeAll(async () => {
  rig = await SettlementRig.start();
});
afterAll(async () => {
  await rig.stop();
});

describe('settlement of a deployment whose listeners read another chain', () => {
  it('sends nothing and says so, and goes on once the endpoint is of their chain', async () => {
    await rig.listenerReads('north', 'CRwJvKjeUH1mYq1MGJVwTyDnJpoLq5qd3hT4ePPyRLQx');
    const port = await pickPort({ name: 'the role', preferred: 9104 });
    const starting = rig.startWorker({ METRICS_ENDPOINT: `http://127.0.0.1:${port}/metrics` });
    const held = async (): Promise<string> =>
      fetch(`http://127.0.0.1:${port}/readyz`).then(
        (answer) => answer.text(),
        () => '',
      );
    await until('the role holds', async () => /CHAIN_DIFFERS/.test(await held()));
    expect(await held()).toMatch(/genesis CRwJ\w+, which this deployment is of/);
    await rig.listenerReads('north');
    await (await starting).stop();
  });

  it('waits while listeners of two chains write to it', async () => {
    await rig.listenerReads('south', 'CRwJvKjeUH1mYq1MGJVwTyDnJpoLq5qd3hT4ePPyRLQx');
    const port = await pickPort({ name: 'the role', preferred: 9104 });
    const starting = rig.startWorker({ METRICS_ENDPOINT: `http://127.0.0.1:${port}/metrics` });
    await until('the role holds', async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
      return /Listeners of different chains .*north .*south/.test((await answer?.text()) ?? '');
    });
    await rig.listenerReads('south');
    await (await starting).stop();
  });
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
