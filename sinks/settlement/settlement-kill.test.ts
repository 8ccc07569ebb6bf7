import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rootHex, SettlementRig } from './testing/settlement-rig.ts';

let rig: SettlementRig;
beforeAll(async () => {
  rig = await SettlementRig.start();
});
afterAll(async () => {
  await rig.stop();
});

describe('a settlement worker killed in the middle', () => {
  it.each(['PENDING', 'CONFIRMED'] as const)(
    'leaves after kill -9 at %s one publication and one last row of every root',
    async (status) => {
      const channels = Array.from({ length: 6 }, (_, index) => `killed-${status.toLowerCase()}-${index}`);
      const doomed = rig.spawnWorker();
      await rig.emitRoots(...[11n, 12n].flatMap((epoch) => channels.map((channel) => ({ channel, epoch }))));
      const endedByItself = once(doomed, 'exit').then(([code]) => {
        throw new Error(`the worker ended by itself with status ${String(code)}`);
      });
      await Promise.race([endedByItself, ...channels.map((channel) => rig.rowsUntil(channel, 11n, status))]);
      const exited = once(doomed, 'exit');
      doomed.kill('SIGKILL');
      await exited;

      const heir = await rig.startWorker();
      for (const channel of channels) {
        for (const epoch of [11n, 12n]) {
          const rows = await rig.rowsUntil(channel, epoch, 'FINALIZED', 'ALREADY_SETTLED');
          expect(rows.filter((row) => ['FINALIZED', 'ALREADY_SETTLED'].includes(row.status))).toHaveLength(1);
          expect(rig.rootOnChain(channel, epoch)).toBe(rootHex(channel, epoch));
        }
        expect(await rig.publicationCount(channel)).toBe(2);
      }
      await heir.stop();
      expect(await rig.unsettledCount()).toBe(0);
    },
  );
});
