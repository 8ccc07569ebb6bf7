import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { processConfig } from './config.ts';
import type { Holds } from './holds.ts';
import { silentLogger } from './logging.ts';
import { type Role, startRole } from './role.ts';

const config = z.object(processConfig);
const env = { METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics' };
const log = silentLogger();

function roleOf(overrides: Partial<Role<typeof config.shape>> = {}): Role<typeof config.shape> {
  return {
    name: 'test',
    config,
    opsPort: 0,
    start: async () => ({ ready: () => ({ parts: true }), stop: async () => undefined }),
    ...overrides,
  };
}

describe("the operators' door", () => {
  it('serves metrics, liveness and readiness by name of what is missing', async () => {
    let isReady = false;
    const started = await startRole(
      roleOf({ start: async () => ({ ready: () => ({ kafka: true, chain: isReady }), stop: async () => undefined }) }),
      env,
      log,
    );
    const readiness = await fetch(`${started.opsUrl}/readyz`);
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toEqual({ ready: false, checks: { kafka: true, chain: false } });
    isReady = true;
    expect((await fetch(`${started.opsUrl}/readyz`)).status).toBe(200);
    expect((await fetch(`${started.opsUrl}/livez`)).status).toBe(200);
    expect(await (await fetch(`${started.opsUrl}/metrics`)).text()).toMatch(/process_cpu_seconds_total\{role="test"\}/);
    expect((await fetch(`${started.opsUrl}/elsewhere`)).status).toBe(404);
    expect((await fetch(`${started.opsUrl}/metrics`, { method: 'POST' })).status).toBe(405);
    await started.stop();
  });

  it('says what the role holds, and is not ready while there is anything', async () => {
    const holding = Promise.withResolvers<Holds>();
    const started = await startRole(
      roleOf({
        start: async ({ holds }) => {
          holding.resolve(holds);
          return { ready: () => ({ parts: true }), stop: async () => undefined };
        },
      }),
      env,
      log,
    );
    const holds = await holding.promise;
    holds.hold('events/0', new Error('offset 5 is gone'));
    const readiness = await fetch(`${started.opsUrl}/readyz`);
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toMatchObject({
      ready: false,
      checks: { parts: true },
      held: [{ subject: 'events/0', reason: 'offset 5 is gone' }],
    });
    holds.release('events/0');
    expect((await fetch(`${started.opsUrl}/readyz`)).status).toBe(200);
    await started.stop();
  });

  it('says which variable to change when its port is taken', async () => {
    const first = await startRole(roleOf(), env, log);
    await expect(startRole(roleOf(), { METRICS_ENDPOINT: `${first.opsUrl}/metrics` }, log)).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringContaining('METRICS_ENDPOINT'),
    });
    await first.stop();
  });
});

describe('the life of a role', () => {
  it('ends waits and stops once, in whatever way it is asked', async () => {
    let stops = 0;
    let aborted = false;
    const started = await startRole(
      roleOf({
        start: async ({ signal }) => {
          signal.addEventListener('abort', () => (aborted = true));
          return { ready: () => ({}), stop: async () => void (stops += 1) };
        },
      }),
      env,
      log,
    );
    await Promise.all([started.stop(), started.stop()]);
    expect({ stops, aborted }).toEqual({ stops: 1, aborted: true });
    expect(await started.stopped).toBeUndefined();
  });

  it('stops with the reason when the role says that it cannot go on', async () => {
    const reason = new Error('another process took over');
    const started = await startRole(
      roleOf({
        start: async ({ fail }) => {
          queueMicrotask(() => fail(reason));
          return { ready: () => ({}), stop: async () => undefined };
        },
      }),
      env,
      log,
    );
    expect(await started.stopped).toBe(reason);
    await started.stop();
  });

  it('refuses a wrong configuration before anything starts', async () => {
    await expect(startRole(roleOf(), { ...env, LOG_LEVEL: 'loud' }, log)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });
});
