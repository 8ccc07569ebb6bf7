/** Whatever a client sends is answered as the client's own: never as an outage, never as a fault of the gateway. */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeCursor } from './core/cursor.ts';
import { type Answer, GatewayRig, type RunningGateway } from './testing/rig.ts';
import { type SeededRoot, seedRoot } from './testing/seed.ts';

let rig: GatewayRig;
let gateway: RunningGateway;
let seeded: SeededRoot;

beforeAll(async () => {
  rig = await GatewayRig.create();
  seeded = await seedRoot(rig.pool, { channel: 'kaicenat', epoch: 20, count: 3, settled: true });
  gateway = await rig.start();
});

afterAll(async () => {
  await rig.stop();
});

const NUL = 'a\u0000b';
const LONE = 'a\ud800';
const LONG = 'x'.repeat(100_000);
const EPOCHS = [2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n].map(String);
const CURSORS = [
  encodeCursor([2n ** 63n, 1]),
  encodeCursor([1, 2n ** 63n]),
  encodeCursor([10n ** 40n, 1]),
  encodeCursor(['1'.repeat(5000), 1]),
];

function expectNoFault({ status, body, headers }: Answer): void {
  const text = JSON.stringify(body);
  expect({ status, text }).toMatchObject({
    status: expect.any(Number),
    text: expect.not.stringMatching(/UNAVAILABLE|INTERNAL/),
  });
  expect(status).toBeLessThan(500);
  expect(headers.get('x-ao-stale')).toBeNull();
}

describe('values that the database cannot hold', () => {
  it.each(EPOCHS)('epoch %s is an epoch without anything, not an outage', async (epoch) => {
    const user = seeded.users[0];
    const answer = await gateway.ask(
      `query ($epoch: U64!, $user: Address!) {
        root(channel: "kaicenat", epoch: $epoch) { root }
        proof(channel: "kaicenat", epoch: $epoch, index: 0) { root }
        proofs(user: $user, channel: "kaicenat", epoch: $epoch) { root }
        settlement(channel: "kaicenat", epoch: $epoch) { settled }
        epoch(epoch: $epoch) { startSlot coverage { source } roots { edges { cursor } } }
      }`,
      { epoch, user },
    );
    expectNoFault(answer);
    expect(answer.body.errors).toBeUndefined();
    expect(answer.body.data).toEqual({ root: null, proof: null, proofs: [], settlement: null, epoch: null });
    const rest = await gateway.get(`/api/v1/epochs/${epoch}/channels/kaicenat`);
    expect(rest).toMatchObject({ status: 404, body: { error: 'root_not_found' } });
  });

  it('an epoch beyond 64 bits is refused as input, over GraphQL and REST', async () => {
    for (const epoch of ['18446744073709551616', '9'.repeat(30)]) {
      const answer = await gateway.ask(`{ root(channel: "a", epoch: "${epoch}") { root } }`);
      expect(answer.body.errors?.[0]?.message).toMatch(/unsigned 64-bit/);
      expect((await gateway.get(`/api/v1/epochs/${epoch}/channels/a`)).status).toBe(400);
    }
  });

  it.each(CURSORS)('cursor %# beyond a bigint is refused as a cursor of nobody', async (after) => {
    for (const query of [
      'query ($after: String) { roots(after: $after) { edges { cursor } } }',
      `query ($after: String) { claims(user: "${seeded.users[0]}", after: $after) { edges { cursor } } }`,
      'query ($after: String) { epoch(epoch: 2) { epoch } roots(channel: "kaicenat", after: $after) { edges { cursor } } }',
    ]) {
      const answer = await gateway.ask(query, { after });
      expectNoFault(answer);
      expect(answer.body.errors?.[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
    }
  });

  it.each([
    ['NUL', NUL],
    ['a lone surrogate', LONE],
    ['100,000 characters', LONG],
  ])('text with %s names nothing that is there', async (_what, text) => {
    const variables = { text, user: seeded.users[0] };
    const answer = await gateway.ask(
      `query ($text: String!, $user: Address!, $id: ID!) {
        root(channel: $text, epoch: 20) { root }
        roots(channel: $text) { edges { cursor } }
        claims(user: $user, channel: $text) { edges { cursor } }
        claim(eventId: $id) { eventId }
        proofs(user: $user, channel: $text, epoch: 20) { root }
        settlement(channel: $text, epoch: 20) { settled }
      }`,
      { ...variables, id: text },
    );
    expectNoFault(answer);
    expect(answer.body.errors).toBeUndefined();
    expect(answer.body.data).toEqual({
      root: null,
      roots: { edges: [] },
      claims: { edges: [] },
      claim: null,
      proofs: [],
      settlement: null,
    });
    const verified = await gateway.post('/api/v1/verify', { claim_id: text, merkle_path: [], root: '0'.repeat(64) });
    expect(verified.status).toBe(404);
  });

  it('a lone surrogate does not name the channel that has the replacement character', async () => {
    await seedRoot(rig.pool, { channel: 'a\ufffd', epoch: 21, count: 1, settled: false });
    const answer = await gateway.ask('query ($text: String!) { root(channel: $text, epoch: 21) { root } }', {
      text: LONE,
    });
    expect(answer.body.data).toEqual({ root: null });
  });

  it.each(['%00', 'a%00b', '%ED%A0%80', 'x'.repeat(3000), '%E0%A4%A', '%zz'])(
    'REST takes the path part %s',
    async (part) => {
      for (const path of [
        `/api/v1/epochs/20/channels/${part}`,
        `/api/v1/claims/${part}`,
        `/api/v1/claims/${seeded.users[0]}?channel=${part}`,
      ]) {
        const answer = await gateway.get(path);
        expectNoFault(answer);
        expect(Object.keys(answer.body)).toEqual(
          expect.arrayContaining(answer.status === 200 ? ['status'] : ['error', 'message']),
        );
      }
    },
  );

  it.each([-1, 3, 1024, 2 ** 31 - 1])('index %i is a leaf that is not there', async (index) => {
    const answer = await gateway.ask(
      'query ($index: Int!) { proof(channel: "kaicenat", epoch: 20, index: $index) { leaf } }',
      {
        index,
      },
    );
    expectNoFault(answer);
    expect(answer.body.data).toEqual({ proof: null });
  });
});

it('none of it is written to the log as an error', () => {
  expect(gateway.log).toEqual([]);
});
