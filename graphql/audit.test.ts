/** GraphQL over HTTP, judged by the audit suite of the specification's own package; and what a form of another page may ask. */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serverAudits } from 'graphql-http';
import { GatewayRig, type RunningGateway } from './testing/rig.ts';

let rig: GatewayRig;
let gateway: RunningGateway;

beforeAll(async () => {
  rig = await GatewayRig.create();
  gateway = await rig.start();
});

afterAll(async () => {
  await rig.stop();
});

/** A GET with no more than its address: a script tag of any page sends the same. */
const FORGEABLE = '5A70';

const audits = serverAudits({ url: () => `${gateway.url}/graphql`, fetchFn: fetch });

describe('the audit suite of GraphQL over HTTP', () => {
  it('has all of its audits', () => {
    expect(audits.length).toBeGreaterThanOrEqual(61);
  });

  it.each(audits.filter(({ id }) => id !== FORGEABLE).map((audit) => [`${audit.id} ${audit.name}`, audit] as const))(
    '%s',
    async (_name, audit) => {
      const result = await audit.fn();
      expect(result.status === 'ok' ? 'ok' : `${result.status}: ${result.reason}`).toBe('ok');
    },
  );

  it('is not followed where it may be: a GET that does not say what it wants is refused', async () => {
    expect((await audits.find(({ id }) => id === FORGEABLE)?.fn())?.status).toBe('notice');
  });
});

describe('a plain GET', () => {
  const query = '/graphql?query=%7B%20health%20%7B%20status%20%7D%20%7D';

  it.each([
    ['an image of another page', { accept: 'image/*' }],
    ['a script of another site', { accept: 'application/json', 'sec-fetch-site': 'cross-site' }],
    ['a script of an old browser', { accept: 'application/json', origin: 'https://elsewhere.example' }],
  ])('of %s is refused', async (_what, headers) => {
    expect((await gateway.get(query, headers)).status).toBe(400);
  });

  it('of a program is answered', async () => {
    expect((await gateway.get(query, { accept: 'application/json' })).status).toBe(200);
  });
});
