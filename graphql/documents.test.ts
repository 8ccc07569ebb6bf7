/** What one document may ask for, on HTTP and on WebSocket alike. */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GatewayRig, type RunningGateway } from './testing/rig.ts';

let rig: GatewayRig;
let gateway: RunningGateway;
let quiet: RunningGateway;

beforeAll(async () => {
  rig = await GatewayRig.create();
  gateway = await rig.start();
  quiet = await rig.start({ GATEWAY_INTROSPECTION: 'false' });
});

afterAll(async () => {
  await rig.stop();
});

const repeated = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

const NOBODY = '1'.repeat(32);
const PROOF = 'channel epoch index user amount id leaf proof root recipe oddNode settled claimable signature';
const EDGES = `edges { node { eventId channel user epoch amount id slot status proof { ${PROOF} } } }`;
const pages = (count: number, first: string): string =>
  repeated(count, (i) => `a${i}: claims(user: "${NOBODY}", first: ${first}) { ${EDGES} }`);

const TOO_MUCH: readonly (readonly [string, string])[] = [
  ['a document of 200 kB', `{ ${repeated(100_000, () => 'a')} }`],
  ['the same field 2,000 times', `{ health { ${repeated(2000, () => 'status')} } }`],
  [
    'a chain of 5,000 fragments',
    `{ ...F0 } ${repeated(5000, (i) => `fragment F${i} on Query { ...F${i + 1} }`)} fragment F5000 on Query { health { status } }`,
  ],
  [
    'a chain of 60 fragments',
    `{ ...F0 } ${repeated(60, (i) => `fragment F${i} on Query { ...F${i + 1} }`)} fragment F60 on Query { health { status } }`,
  ],
  ['a cycle of fragments', '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }'],
  ['a fragment within itself', '{ ...A } fragment A on Query { ...A }'],
  [
    'a cycle of 100 fragments that nothing uses',
    `{ health { status } } ${repeated(100, (i) => `fragment F${i} on Query { ...F${(i + 1) % 100} }`)}`,
  ],
  ['30 aliases', `{ ${repeated(30, (i) => `a${i}: health { status }`)} }`],
  ['a list of 5,000 lists', `{ root(channel: ${'['.repeat(5000)}${']'.repeat(5000)}, epoch: 1) { root } }`],
  ['selections 3,000 deep', `${'{ a '.repeat(3000)}${'}'.repeat(3000)}`],
  ['many directives', `{ health { status ${repeated(30, () => '@include(if: true)')} } }`],
  ['ten pages of a hundred proofs', `{ ${pages(10, '100')} }`],
  ['ten pages of a size that only a variable tells', `query ($n: Int) { ${pages(10, '$n')} }`],
  [
    'the same by a fragment',
    `{ ${repeated(10, (i) => `a${i}: claims(user: "${NOBODY}", first: 100) { ...Page }`)} } fragment Page on ClaimConnection { ${EDGES} }`,
  ],
];

describe('a document that asks for too much is refused before it runs', () => {
  it.each(TOO_MUCH)('%s, over HTTP', async (_what, query) => {
    const { status, body } = await gateway.post('/graphql', { query });
    expect({ status, data: body.data, errors: (body.errors?.length ?? 0) > 0 }).toEqual({
      status: 400,
      data: undefined,
      errors: true,
    });
    expect(JSON.stringify(body)).not.toMatch(/INTERNAL|stack/);
  });

  it.each(TOO_MUCH)('%s, over WebSocket, and the socket goes on', async (_what, query) => {
    const socket = await gateway.connect();
    const answer = await socket.ask('1', query);
    expect(answer.type).toBe('error');
    expect(answer.payload).toEqual(expect.arrayContaining([expect.objectContaining({ message: expect.any(String) })]));
    expect(await socket.ask('2', '{ health { status } }')).toMatchObject({
      type: 'next',
      payload: { data: { health: {} } },
    });
    socket.close();
  });

  it('over GET too', async () => {
    const query = `{ ${repeated(1500, () => 'a')} }`;
    expect(
      (await gateway.get(`/graphql?query=${encodeURIComponent(query)}`, { 'apollo-require-preflight': '1' })).status,
    ).toBe(400);
  });
});

describe('what our own client sends', () => {
  it('is allowed', async () => {
    const { body } = await gateway.ask(
      `{ ${pages(2, '100')} roots(first: 100) { edges { node { root settlement { status settled } } } } }`,
    );
    expect(body.errors).toBeUndefined();
  });
});

it('serves its schema as text, from which a generator gets what the contract declares', async () => {
  const response = await fetch(`${gateway.url}/graphql/schema.graphql`);
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  const contract = readFileSync(new URL('../schemas/graphql/schema.graphql', import.meta.url), 'utf8');
  expect(await response.text()).toBe(contract);
});

describe('GATEWAY_INTROSPECTION=false', () => {
  it('serves no text of the schema', async () => {
    expect((await fetch(`${quiet.url}/graphql/schema.graphql`)).status).toBe(404);
  });

  const SCHEMA = [
    '{ __schema { types { name } } }',
    '{ __type(name: "Root") { name } }',
    'subscription { __schema { types { name } } }',
  ];

  it.each(SCHEMA)('hides the schema over HTTP and WebSocket: %s', async (query) => {
    if (!query.startsWith('subscription')) expect((await quiet.ask(query)).status).toBe(400);
    const socket = await quiet.connect();
    expect(await socket.ask('1', query)).toMatchObject({ type: 'error' });
    socket.close();
  });

  it.each([
    '{ rootz { epoch } }',
    '{ health { statuz } }',
    '{ roots(statuz: SETTLED) { edges { cursor } } }',
    '{ roots(status: SETLED) { edges { cursor } } }',
    'fragment F on Roott { epoch } { roots { edges { node { ...F } } } }',
  ])('gives no hints of names: %s', async (query) => {
    expect(JSON.stringify((await gateway.ask(query)).body)).toMatch(/Did you mean/);
    expect(JSON.stringify((await quiet.ask(query)).body)).not.toMatch(/Did you mean/);
    const socket = await quiet.connect();
    const answer = await socket.ask('1', query);
    expect(answer.type).toBe('error');
    expect(JSON.stringify(answer)).not.toMatch(/Did you mean/);
    socket.close();
  });

  it('gives none for a wrong variable either', async () => {
    const query = 'query ($status: RootStatus) { roots(status: $status) { edges { cursor } } }';
    expect(JSON.stringify((await gateway.ask(query, { status: 'SETLED' })).body)).toMatch(/Did you mean/);
    expect(JSON.stringify((await quiet.ask(query, { status: 'SETLED' })).body)).not.toMatch(/Did you mean/);
    const socket = await quiet.connect();
    socket.subscribe('1', query, { status: 'SETLED' });
    await socket.until(() => socket.of('1').length > 0);
    expect(JSON.stringify(socket.of('1'))).not.toMatch(/Did you mean/);
    socket.close();
  });

  it('is read by clients otherwise', async () => {
    const socket = await gateway.connect();
    expect(await socket.ask('1', SCHEMA[0] as string)).toMatchObject({ type: 'next' });
    expect((await gateway.ask(SCHEMA[0] as string)).status).toBe(200);
    socket.close();
  });
});
