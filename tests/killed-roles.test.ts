import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { claimedEpochs } from './recorded/expected-roots.ts';
import {
  type ClosedLoop,
  doneRoots,
  EPOCH_BASE,
  expectNothingWrong,
  startClosedLoop,
  untilAllDone,
} from './testing/closed-loop.ts';
import type { ServedRoot } from './testing/gateway.ts';
import { Platform } from './testing/platform.ts';
import { rootLines } from './testing/recorded-chain.ts';
import type { RoleProcess } from './testing/role-process.ts';
import { dumpTables } from './testing/table-dump.ts';
import { until } from './testing/until.ts';

const ROLES = ['listen', 'process', 'sink', 'settle', 'gateway'] as const;

let loop: ClosedLoop;
let gatewayUrl: string;
let running: Record<(typeof ROLES)[number], RoleProcess>;
let traffic: RoleProcess;

beforeAll(async () => {
  loop = await startClosedLoop();
  running = await loop.platform.startAll(...ROLES);
  gatewayUrl = await running.gateway.startedField('gateway');
  traffic = await loop.platform.start('traffic', { env: { GATEWAY_URL: gatewayUrl } });
});

afterAll(async () => {
  await loop?.stop();
});

describe('the closed loop on a chain', () => {
  it('settles roots, and the chain accepts claims with the proofs that the gateway gives for them', async () => {
    await until('three roots are settled and seen', async () => (await doneRoots(gatewayUrl)).length >= 3);
    await until(
      'fans have claimed from our roots',
      async () => (await loop.live.history()).flatMap(claimedEpochs).filter((epoch) => epoch >= EPOCH_BASE).length >= 6,
    );
    await expectNothingWrong(loop);
  });

  it.each(ROLES)('ends in the same roots when %s is killed in the middle and started again', async (role) => {
    const before = (await doneRoots(gatewayUrl)).length;
    await running[role].kill();
    // The traffic knows the gateway by its port.
    const env = role === 'gateway' ? { GATEWAY_PORT: new URL(gatewayUrl).port } : {};
    running[role] = await loop.platform.start(role, { env });
    await until('more roots are settled and seen', async () => (await doneRoots(gatewayUrl)).length >= before + 3);
    await expectNothingWrong(loop);
  });

  it('ends, after all of that, in the roots and rows of a run that nobody disturbed', async () => {
    await traffic.stop();
    const all = await untilAllDone(loop, gatewayUrl);
    await expectNothingWrong(loop);

    const undisturbed = await Platform.create(loop.env);
    try {
      await undisturbed.startAll('listen', 'process', 'sink');
      const dump = await until('the undisturbed run has read the same history', async () => {
        const built = await undisturbed.rows(`select from roots where tree_state = 'built'`);
        const found = await dumpTables(undisturbed);
        return built.length >= all.length && found.published_roots.length >= all.length && found;
      });
      expect(await dumpTables(loop.platform)).toEqual(dump);
      expect(rootLines(dump.roots as ServedRoot[])).toEqual(all);
    } finally {
      await undisturbed.stop();
    }
  });
});
