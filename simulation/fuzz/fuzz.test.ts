/** Requests made of the contracts: the short form of `npm run fuzz`. */

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { GatewayRig, type RunningGateway } from '../../graphql/testing/rig.ts';
import { faultOf, fuzz } from './fuzz.ts';
import type { KnownValues } from './hostile.ts';
import { seedKnownValues } from './seeded-roots.ts';

let rig: GatewayRig;
let gateway: RunningGateway;
let known: KnownValues;

beforeAll(async () => {
  rig = await GatewayRig.create();
  known = await seedKnownValues(rig.pool);
  gateway = await rig.start();
});

afterAll(async () => {
  await rig.stop();
});

it('whatever is sent by GraphQL and REST, nothing is answered with 500, and no fault of the gateway is told', async () => {
  const { wrong, answered, statuses, requests } = await fuzz({ url: gateway.url, known, seed: 11, requests: 600 });
  expect(wrong).toEqual([]);
  expect(requests).toBe(600);
  // Not only refusals, and not only what is right.
  expect(answered).toBeGreaterThan(60);
  expect(statuses['400']).toBeGreaterThan(10);
});

it('a fault would be told: a status of 500, an internal error with status 200, and what is no JSON', () => {
  expect(faultOf(500, '{}')).toMatch(/status 500/);
  expect(faultOf(200, '{"errors":[{"extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}')).toMatch(/INTERNAL/);
  expect(faultOf(200, '<html>')).toMatch(/not JSON/);
  expect(faultOf(400, '{"errors":[]}')).toBeUndefined();
});
