/** Reads after writes while gateway and database are taken away: the short form of `npm run linearizability`. */

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { GatewayRig, type RunningGateway } from '../../graphql/testing/rig.ts';
import { until } from '../../tests/testing/until.ts';
import { recordAndJudge } from './record.ts';

let rig: GatewayRig;
let gateway: RunningGateway;

beforeAll(async () => {
  rig = await GatewayRig.create();
  gateway = await rig.start();
});

afterAll(async () => {
  rig.database.mend();
  await rig.stop();
});

it('what clients saw can have happened one after the other, through a gateway that goes and a database whose connections are cut', async () => {
  const judged = await recordAndJudge({
    pool: rig.pool,
    topic: rig.topics.settlements,
    partitions: 3,
    url: () => gateway.url,
    operations: 800,
    rounds: 1,
    seed: 7,
    faults: [
      async () => {
        await gateway.role.stop();
        gateway = await rig.start();
      },
      async () => {
        rig.database.cut();
        await until('health knows', async () => (await gateway.get('/health')).body['database'] === false);
        rig.database.mend();
      },
    ],
  });
  expect(judged.violations).toEqual([]);
  expect(judged.operations).toBeGreaterThanOrEqual(800);
  for (const part of [judged.settled, judged.reads, judged.awaited, judged.told]) expect(part).toBeGreaterThan(0);
});
