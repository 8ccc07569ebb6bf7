import { afterAll, beforeAll, describe, it } from '@jest/globals';
import {
  type ClosedLoop,
  doneRoots,
  expectNothingWrong,
  startClosedLoop,
  untilAllDone,
} from './testing/closed-loop.ts';
import type { RoleProcess } from './testing/role-process.ts';
import { until } from './testing/until.ts';

const ROLES = ['listen', 'process', 'sink', 'settle'] as const;

let loop: ClosedLoop;
let gatewayUrl: string;
let running: Record<(typeof ROLES)[number] | 'gateway', RoleProcess>;
let traffic: RoleProcess;

const done = async (): Promise<number> => (await doneRoots(gatewayUrl)).length;

beforeAll(async () => {
  loop = await startClosedLoop();
  running = await loop.platform.startAll(...ROLES, 'gateway');
  gatewayUrl = await running.gateway.startedField('gateway');
  traffic = await loop.platform.start('traffic', { env: { GATEWAY_URL: gatewayUrl } });
  await until('three roots are settled and seen', async () => (await done()) >= 3);
});

afterAll(async () => {
  // A process that is still frozen would not hear SIGTERM.
  for (const role of Object.values(running ?? {})) role.signal('SIGCONT');
  await loop?.stop();
});

describe('a process that hangs, is replaced, and comes back', () => {
  it.each(ROLES)('does nothing twice and nothing wrong: %s', async (role) => {
    const before = await done();
    running[role].signal('SIGSTOP');
    const successor = await loop.platform.start(role, { name: `${role}-successor` });
    await until('its successor goes on', async () => (await done()) >= before + 3);
    running[role].signal('SIGCONT');
    await until('work goes on with both', async () => (await done()) >= before + 6);
    await expectNothingWrong(loop);
    await running[role].stop();
    running[role] = successor;
  });

  it('leaves every root made, published and served', async () => {
    await traffic.stop();
    await untilAllDone(loop, gatewayUrl);
    await expectNothingWrong(loop);
  });
});
