/** Kafka away: nothing that is served comes from it, so everything goes on, and health says so. */

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { testStack } from '../tests/testing/stack.ts';
import { until } from '../tests/testing/until.ts';
import { storeStep } from './testing/live-items.ts';
import { promptly } from './testing/progress.ts';
import { dataOf, GatewayRig } from './testing/rig.ts';
import { type SeededRoot, seedRoot } from './testing/seed.ts';
import { startRelay, type TcpRelay } from './testing/tcp-relay.ts';

let rig: GatewayRig;
/** Between the gateway and the first broker. */
let broker: TcpRelay;
let root: SeededRoot;

beforeAll(async () => {
  const [host = '', port] = testStack().kafkaBrokers[0]?.split(':') ?? [];
  broker = await startRelay(host, Number(port));
  rig = await GatewayRig.create();
  root = await seedRoot(rig.pool, { channel: 'kaicenat', epoch: 20, count: 3, settled: true });
});

afterAll(async () => {
  await rig?.stop();
  await broker?.close();
});

it('a gateway that is started while Kafka is away answers queries and delivers subscriptions; health follows Kafka', async () => {
  broker.cut();
  const gateway = await rig.start({ KAFKA_BROKERS: `127.0.0.1:${broker.port}` });
  expect((await gateway.get('/health')).body).toMatchObject({ status: 'degraded', database: true, queue: false });
  expect((await fetch(`${gateway.role.opsUrl}/readyz`)).status).toBe(200);
  const proof = await gateway.ask('{ proof(channel: "kaicenat", epoch: 20, index: 1) { root } }');
  expect(proof.body.data).toEqual({ proof: { root: root.tree.rootHex() } });
  const { pipeline } = dataOf(await gateway.ask('{ pipeline { provenSlot roles { group } rolesUnknown } }'));
  expect(pipeline).toEqual({
    provenSlot: null,
    roles: null,
    rolesUnknown: expect.stringMatching(/Kafka does not answer/),
  });
  const socket = await gateway.connect();
  socket.subscribe('1', 'subscription { settlementUpdated(after: "beginning") { channel } }');
  await storeStep(rig.pool, rig.topics.settlements, { channel: 'kaicenat', epoch: 20, root: root.tree.rootHex() });
  await promptly(gateway, 'told', () => socket.of('1').length >= 1);

  broker.mend();
  await until('health sees Kafka', async () => (await gateway.get('/health')).body.queue === true);
  broker.cut();
  await until('health sees that it is away', async () => (await gateway.get('/health')).body.queue === false);
  broker.mend();
  await gateway.role.stop();
});

it('a gateway whose topics turn out to have another number of partitions ends, and says which variable to set', async () => {
  broker.cut();
  const gateway = await rig.start({ KAFKA_BROKERS: `127.0.0.1:${broker.port}`, KAFKA_PARTITIONS: '7' });
  broker.mend();
  expect(await gateway.role.stopped).toMatchObject({
    code: 'PARTITIONS_CHANGED',
    message: expect.stringMatching(/has 3 partitions, this deployment expects 7\. Set KAFKA_PARTITIONS/),
  });
});
