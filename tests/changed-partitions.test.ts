import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Chain } from '../local/chain/start-chain.ts';
import { withBrokerAdmin } from '../runtime/kafka/testing/broker-admin.ts';
import { Platform } from './testing/platform.ts';
import { startRecordedChain } from './testing/recorded-chain.ts';
import { type RoleProcess, readiness } from './testing/role-process.ts';
import { until } from './testing/until.ts';

let chain: Chain;
let platform: Platform;
let roles: Record<'listen' | 'process' | 'sink' | 'gateway', RoleProcess>;

beforeAll(async () => {
  chain = await startRecordedChain();
  platform = await Platform.create({ ANCHOR_PROVIDER_URL: chain.rpcUrl, ANCHOR_WS_URL: chain.wsUrl });
  roles = await platform.startAll('listen', 'process', 'sink', 'gateway');
});
afterAll(async () => {
  await platform?.stop();
  await chain?.stop();
});

describe('partitions that are added while roles run', () => {
  it('stop the roles that write by them, and make those that only read not ready', async () => {
    await withBrokerAdmin(platform.kafka, async (admin) => {
      await admin.createPartitions({ topicPartitions: [{ topic: platform.topics.streamEvents, count: 4 }] });
    });
    for (const role of [roles.listen, roles.process]) {
      expect(await role.exited).toBe('status 1');
      expect(role.log()).toContainEqual(expect.objectContaining({ level: 'fatal', code: 'PARTITIONS_CHANGED' }));
    }
    for (const role of [roles.sink, roles.gateway]) {
      const opsUrl = await role.startedField('ops');
      await until(`${role.name} holds`, async () => !(await readiness(opsUrl)).ready);
      expect((await readiness(opsUrl)).held).toContainEqual(
        expect.objectContaining({ subject: platform.topics.streamEvents, code: 'PARTITIONS_CHANGED' }),
      );
    }
  });
});
