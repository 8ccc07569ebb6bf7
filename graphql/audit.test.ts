/** GraphQL over HTTP, judged by the audit suite of the specification's own package; and what a form of another page may ask. */

import { get as httpGet } from 'node:http';
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

const audits = serverAudits({ url: () => `${gateway.url}/graphql`, fetchFn: fetch });

describe('the audit suite of GraphQL over HTTP', () => {
  it('has all of its audits', () => {
    expect(audits.length).toBeGreaterThanOrEqual(61);
  });

  it.each(audits.map((audit) => [`${audit.id} ${audit.name}`, audit] as const))('%s', async (_name, audit) => {
    const result = await audit.fn();
    expect(result.status === 'ok' ? 'ok' : `${result.status}: ${result.reason}`).toBe('ok');
  });
});

/** The status of a request with these headers and no others: `fetch` says of itself that it is a program. */
function statusOf(path: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    httpGet(gateway.url + path, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
}

describe('a plain GET', () => {
  const query = '/graphql?query=%7B%20health%20%7B%20status%20%7D%20%7D';

  it.each([
    ['an image of another page', { accept: 'image/*', 'sec-fetch-mode': 'no-cors' }],
    ['a script tag of another page', { accept: '*/*', 'sec-fetch-mode': 'no-cors' }],
    ['a script tag of an old browser', { accept: '*/*' }],
    ['a script of another site', { accept: 'application/json', 'sec-fetch-site': 'cross-site' }],
    ['a script of an old browser', { accept: 'application/json', origin: 'https://elsewhere.example' }],
  ])('of %s is refused', async (_what, headers) => {
    expect(await statusOf(query, headers)).toBe(400);
  });

  it('of a program is answered', async () => {
    expect(await statusOf(query, { accept: 'application/json' })).toBe(200);
    expect(await statusOf(query, { accept: '*/*', 'sec-fetch-mode': 'cors' })).toBe(200);
  });
});
