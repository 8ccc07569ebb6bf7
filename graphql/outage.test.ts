/** A database that is away, or that says nothing: what is remembered is answered soon, and all is well again by itself. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '../tests/testing/until.ts';
import { type Answer, dataOf, GatewayRig, type RunningGateway } from './testing/rig.ts';
import { type SeededRoot, seedRoot } from './testing/seed.ts';

let rig: GatewayRig;
let gateway: RunningGateway;
let root: SeededRoot;

beforeAll(async () => {
  rig = await GatewayRig.create({ GATEWAY_QUERY_TIMEOUT_MS: '1500' });
  root = await seedRoot(rig.pool, { channel: 'kaicenat', epoch: 20, count: 3, settled: true });
});

beforeEach(async () => {
  gateway = await rig.start();
});

afterEach(async () => {
  rig.database.mend();
  await gateway.role.stop();
});

afterAll(async () => {
  await rig.stop();
});

const ask = (epoch: number): Promise<Answer> => gateway.ask(`{ root(channel: "kaicenat", epoch: ${epoch}) { root } }`);
const isStale = ({ headers }: Answer): boolean => headers.get('x-ao-stale') === 'true';

async function untilHealth(database: boolean): Promise<void> {
  await until(
    `health says database: ${database}`,
    async () => (await gateway.get('/health')).body.database === database,
  );
}

describe('connections that fall silent without being closed', () => {
  it('are dropped by the first query that nobody answers, and replaced', async () => {
    await Promise.all(Array.from({ length: 10 }, (_, epoch) => ask(epoch)));
    rig.database.silence();
    // Nothing of these was asked before: each must come from a connection that works.
    for (let epoch = 100; epoch < 105; epoch += 1) {
      await until(`an answer about epoch ${epoch}`, async () => (await ask(epoch)).body.data?.['root'] === null);
    }
    await untilHealth(true);
    expect((await fetch(`${gateway.role.opsUrl}/livez`)).status).toBe(200);
    await until('ready', async () => (await fetch(`${gateway.role.opsUrl}/readyz`)).status === 200);
  });
});

describe.each(['silent', 'away'])('a database that is %s', (how) => {
  const take = (): void => {
    if (how === 'silent') rig.database.silence('all');
    else rig.database.cut();
  };

  it('is not asked again and again: remembered answers come at once, marked, the rest is refused at once', async () => {
    const fresh = await ask(20);
    expect(isStale(fresh)).toBe(false);
    take();
    await untilHealth(false);
    expect((await fetch(`${gateway.role.opsUrl}/readyz`)).status).toBe(503);
    await until('the first answers are remembered ones', async () => isStale(await ask(20)));

    const triedBefore = rig.database.tried;
    for (let times = 0; times < 100; times += 1) {
      const answer = await ask(20);
      expect(isStale(answer)).toBe(true);
      expect(answer.body.data).toEqual(fresh.body.data);
    }
    for (let epoch = 200; epoch < 260; epoch += 1) {
      expect(await ask(epoch)).toMatchObject({
        status: 503,
        body: { errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] },
      });
    }
    // The health check and one trial a second, not one for each of 160.
    expect(rig.database.tried - triedBefore).toBeLessThan(40);

    rig.database.mend();
    await untilHealth(true);
    await until('fresh again', async () => !isStale(await ask(20)));
    expect((await ask(300)).body.data).toEqual({ root: null });
  });

  it('has its proofs served where they were read before: a tree does not change', async () => {
    const proof = '{ proof(channel: "kaicenat", epoch: 20, index: 1) { proof } }';
    const fresh = await gateway.ask(proof);
    expect(dataOf(fresh)).toMatchObject({ proof: { proof: { length: 2 } } });
    take();
    await untilHealth(false);
    const stale = await gateway.ask(proof);
    expect(isStale(stale)).toBe(true);
    expect(stale.body.data).toEqual(fresh.body.data);
    const rest = `/api/v1/claims/${root.users[0]}`;
    expect(await gateway.get(rest)).toMatchObject({ status: 503, body: { error: 'service_unavailable' } });
  });
});

it('a database that is slow once is waited for by who asks anew, and not by who has an answer', async () => {
  await ask(20);
  const client = await rig.pool.connect();
  try {
    await client.query('begin; lock table roots in access exclusive mode');
    await until('a remembered answer', async () => isStale(await ask(20)));
    await client.query('rollback');
  } finally {
    client.release();
  }
  await until('fresh again', async () => !isStale(await ask(20)));
});
