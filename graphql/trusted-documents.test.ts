/** Documents by their hash, and a gateway that answers the documents of its manifest only: on HTTP, WebSocket and Server-Sent Events alike. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createGatewayClient } from '@attention-oracle/sdk/graphql';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import WebSocket from 'ws';
import { EventReader } from './testing/event-reader.ts';
import { GatewayRig, type RunningGateway } from './testing/rig.ts';
import { type SeededRoot, seedRoot } from './testing/seed.ts';

const MANIFEST = fileURLToPath(new URL('../schemas/graphql/trusted-documents.generated.json', import.meta.url));
const { operations } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as {
  operations: { id: string; name: string; type: string; body: string }[];
};

let rig: GatewayRig;
let open: RunningGateway;
let strict: RunningGateway;
let root: SeededRoot;

beforeAll(async () => {
  rig = await GatewayRig.create({ GATEWAY_TRUSTED_DOCUMENTS: MANIFEST });
  root = await seedRoot(rig.pool, { channel: 'kaicenat', epoch: 20, count: 3, settled: true });
  open = await rig.start();
  strict = await rig.start({ GATEWAY_TRUSTED_ONLY: 'true' });
});

afterAll(async () => {
  await rig.stop();
});

/** Data, or the code of the first error. */
type Outcome = { readonly data: unknown } | { readonly code: string | undefined };
interface Asked {
  readonly query?: string;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
  readonly extensions?: Record<string, unknown>;
}
type Transport = (of: RunningGateway, asked: Asked) => Promise<Outcome>;
interface Result {
  readonly data?: unknown;
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
}

const outcomeOf = ({ data, errors }: Result): Outcome =>
  errors === undefined ? { data } : { code: errors[0]?.extensions?.code };

const TRANSPORTS: readonly (readonly [string, Transport])[] = [
  ['HTTP POST', async (of, asked) => outcomeOf((await of.post('/graphql', asked)).body)],
  [
    'HTTP GET',
    async (of, asked) => {
      const params = Object.entries(asked).map(([name, value]): [string, string] => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]);
      const answer = await of.get(`/graphql?${new URLSearchParams(params).toString()}`, { accept: 'application/json' });
      return outcomeOf(answer.body);
    },
  ],
  [
    'WebSocket',
    async (of, asked) => {
      const socket = await of.connect();
      socket.send({ id: '1', type: 'subscribe', payload: { query: '', ...asked } });
      await socket.until(() => socket.of('1').length > 0);
      const payload = socket.of('1')[0]?.payload;
      socket.close();
      return outcomeOf(Array.isArray(payload) ? { errors: payload } : (payload as Result));
    },
  ],
  [
    'Server-Sent Events',
    async (of, asked) => {
      const stream = await EventReader.open(of.url, asked);
      await stream.until(() => stream.messages.length > 0);
      const result = stream.messages[0]?.data;
      stream.close();
      return outcomeOf(result as Result);
    },
  ],
];

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const byHash = (hash: string): Pick<Asked, 'extensions'> => ({
  extensions: { persistedQuery: { version: 1, sha256Hash: hash } },
});
const trustedRoot = operations.find(({ name }) => name === 'root');
const VARIABLES = { channel: 'kaicenat', epoch: '20' };
const UNTRUSTED = 'query Mine($channel: String!, $epoch: U64!) { root(channel: $channel, epoch: $epoch) { root } }';

describe.each(TRANSPORTS)('%s', (name, ask) => {
  const isRoot = { data: { root: expect.objectContaining({ root: expect.any(String) }) } };

  it('answers a document of the manifest by its hash alone', async () => {
    for (const at of [open, strict])
      expect(await ask(at, { ...byHash(trustedRoot?.id ?? ''), variables: VARIABLES })).toEqual(isRoot);
  });

  it('keeps a document that was sent with its hash, and answers the hash alone then', async () => {
    const text = `${UNTRUSTED} # ${name}`;
    const hash = hashOf(text);
    expect(await ask(open, { ...byHash(hash), variables: VARIABLES })).toEqual({ code: 'PERSISTED_QUERY_NOT_FOUND' });
    expect(await ask(open, { query: text, ...byHash(hash), variables: VARIABLES })).toEqual(isRoot);
    expect(await ask(open, { ...byHash(hash), variables: VARIABLES })).toEqual(isRoot);
  });

  it('refuses a hash that is not that of the document', async () => {
    const outcome = await ask(open, { query: UNTRUSTED, ...byHash(hashOf('another')), variables: VARIABLES });
    expect(outcome).toEqual({ code: 'BAD_USER_INPUT' });
    const unkept = await ask(open, { ...byHash(hashOf('another')), variables: VARIABLES });
    expect(unkept).toEqual({ code: 'PERSISTED_QUERY_NOT_FOUND' });
  });

  it('of a gateway that accepts nothing else refuses any other document, with or without its hash', async () => {
    const refused = { code: 'DOCUMENT_NOT_TRUSTED' };
    expect(await ask(strict, { query: UNTRUSTED, variables: VARIABLES })).toEqual(refused);
    expect(await ask(strict, { query: UNTRUSTED, ...byHash(hashOf(UNTRUSTED)), variables: VARIABLES })).toEqual(
      refused,
    );
    expect(await ask(strict, { ...byHash(hashOf(UNTRUSTED)), variables: VARIABLES })).toEqual({
      code: 'PERSISTED_QUERY_NOT_FOUND',
    });
    expect(await ask(strict, { query: '{ __schema { types { name } } }' })).toEqual(refused);
  });

  it('of such a gateway refuses a trusted operation that stands beside another, or is changed by a fragment', async () => {
    const beside = `${trustedRoot?.body ?? ''} ${UNTRUSTED}`;
    const asked = { query: beside, variables: VARIABLES };
    expect(await ask(strict, { ...asked, operationName: 'Mine' })).toEqual({ code: 'DOCUMENT_NOT_TRUSTED' });
    expect(await ask(strict, { ...asked, operationName: 'root' })).toEqual(isRoot);
    const changed = (trustedRoot?.body ?? '').replace(
      'fragment RootFields on Root {',
      'fragment RootFields on Root { cursor',
    );
    expect(changed).not.toBe(trustedRoot?.body);
    expect(await ask(strict, { query: changed, variables: VARIABLES })).toEqual({ code: 'DOCUMENT_NOT_TRUSTED' });
  });
});

it('a client whose generator writes the document in another way is trusted all the same', async () => {
  const spread = (trustedRoot?.body ?? '').replaceAll(/\s+/g, ' , ');
  expect((await strict.ask(spread, VARIABLES)).body).toMatchObject({ data: { root: { root: root.tree.rootHex() } } });
});

it("the SDK's client works against a gateway that accepts nothing else, its subscriptions too", async () => {
  const client = createGatewayClient({ url: `${strict.url}/graphql`, webSocket: WebSocket });
  expect((await client.root({ channel: 'kaicenat', epoch: 20n })).root?.root).toBe(root.tree.rootHex());
  expect((await client.health()).health.database).toBe(true);
  expect(typeof (await client.cursors()).cursors.rootFinalized).toBe('string');
  const items = client.rootFinalized({ after: 'beginning' }) as AsyncIterable<unknown>;
  await rig.pool.query(
    `insert into sink_offsets (topic, partition, next_offset, highest_offset) values ($1, 0, 21, 21)`,
    [rig.topics.roots],
  );
  for await (const item of items) {
    expect(item).toMatchObject({ rootFinalized: { root: root.tree.rootHex() } });
    break;
  }
  await client.close();
});

it("has every operation of the clients' operations.graphql", () => {
  const file = readFileSync(new URL('../clients/operations.graphql', import.meta.url), 'utf8');
  const names = [...file.matchAll(/^(?:query|subscription|mutation) (\w+)/gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(0);
  expect(operations.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
});

describe('a start is refused', () => {
  it('where nothing is trusted and nothing else accepted', async () => {
    const variables = { GATEWAY_TRUSTED_ONLY: 'true', GATEWAY_TRUSTED_DOCUMENTS: '' };
    await expect(rig.start(variables)).rejects.toThrow(/GATEWAY_TRUSTED_DOCUMENTS/);
  });

  it('where the manifest is none', async () => {
    await expect(rig.start({ GATEWAY_TRUSTED_DOCUMENTS: fileURLToPath(import.meta.url) })).rejects.toThrow(
      /no manifest of persisted operations/,
    );
  });
});
