/** Several transactions in one request, where the provider takes that; one by one everywhere else, with the same events. */

import { describe, expect, it } from '@jest/globals';
import { BenchListener } from '../../simulation/ingest/bench-listener.ts';
import { MOST_TOGETHER } from './core/reading/batch-sizes.ts';
import { claimsAt, serve, stopsServers } from './testing/bench-servers.ts';
import type { FixtureOptions } from './testing/fixture-rpc.ts';

stopsServers();

const SLOTS = Array.from({ length: 94 }, (_, index) => index + 5);

/** @returns the slots of the events, and how often the server was asked. */
async function read(options: FixtureOptions = {}) {
  const server = await serve(claimsAt(...SLOTS), options);
  const listener = new BenchListener({ urls: [server.url] });
  await listener.roundsUntil(100, 40);
  const slots = listener.events.map(({ slot }) => slot).sort((a, b) => a - b);
  return { slots, server, wrong: listener.noted.wrong };
}

describe('transactions asked for together', () => {
  it('are all there, in far fewer requests than transactions', async () => {
    const { slots, server } = await read();
    expect(slots).toEqual(SLOTS);
    expect(server.calls('getTransaction')).toBe(SLOTS.length);
    expect(Math.max(...server.batchesServed)).toBeGreaterThan(MOST_TOGETHER / 2);
    expect(server.batchesServed.length).toBeLessThan(SLOTS.length / 8);
  });

  it('are asked for one by one at a provider that takes no batches, which is tried once', async () => {
    const { slots, server } = await read({ mostTogether: 1 });
    expect(slots).toEqual(SLOTS);
    expect(server.batchesServed).toEqual([]);
    expect(server.calls('getTransaction')).toBe(SLOTS.length);
  });

  it('are asked for in batches as large as a provider takes', async () => {
    const { slots, server } = await read({ mostTogether: 10 });
    expect(slots).toEqual(SLOTS);
    expect(server.batchesServed.length).toBeGreaterThan(3);
    expect(Math.max(...server.batchesServed)).toBeLessThanOrEqual(10);
    expect(server.calls('getTransaction')).toBe(SLOTS.length);
  });

  it.each<[string, FixtureOptions['interfere']]>([
    ['some of which are refused', ({ method, count }) => refuse(method === 'getTransaction' && count % 5 === 2)],
    ['some of which are null at first', ({ method, count }) => nothing(method === 'getTransaction' && count < 12)],
    [
      'answered with a server error for a while',
      ({ method, count }) => (method === 'getTransaction' && count < 3 ? { status: 502 } : undefined),
    ],
    [
      'answered with a page of HTML once',
      ({ method, count }) => (method === 'getTransaction' && count === 0 ? { body: '<html>' } : undefined),
    ],
  ])('are all there in the end: %s', async (_what, interfere) => {
    const { slots, wrong } = await read(interfere === undefined ? {} : { interfere });
    expect(slots).toEqual(SLOTS);
    expect(wrong).toEqual([]);
  });
});

const refuse = (when: boolean) => (when ? { error: { code: -32000, message: 'not now' } } : undefined);
const nothing = (when: boolean) => (when ? { result: null } : undefined);
