/** What Relay's clients rely on: things by their global id, pages in both directions; and the schema's own conventions. */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildSchema, isEnumType, isInterfaceType, isObjectType, isScalarType, isSpecifiedScalarType } from 'graphql';
import { schemaText } from './io/apollo.ts';
import { dataOf, GatewayRig, type RunningGateway } from './testing/rig.ts';
import { type SeededRoot, seedRoot } from './testing/seed.ts';

const USER = 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic';
const CLAIMS = 7;

let rig: GatewayRig;
let gateway: RunningGateway;
let root: SeededRoot;

beforeAll(async () => {
  rig = await GatewayRig.create();
  await rig.pool.query('insert into epochs (epoch, start_slot, end_slot) values (20, 200, 209)');
  const users = Array.from({ length: CLAIMS }, () => USER);
  for (const epoch of [18, 19, 20])
    root = await seedRoot(rig.pool, { channel: 'kaicenat', epoch, count: CLAIMS, users, settled: true });
  await seedRoot(rig.pool, { channel: 'other', epoch: 20, count: 1, settled: false });
  gateway = await rig.start();
});

afterAll(async () => {
  await rig.stop();
});

describe('node', () => {
  const of = async (id: string): Promise<unknown> => {
    const fields = `__typename id ... on Root { root } ... on Settlement { settled } ... on Epoch { startSlot }
      ... on ClaimNode { claim { eventId index nodeId } }`;
    return dataOf(await gateway.ask(`query ($id: ID!) { node(id: $id) { ${fields} } }`, { id }))['node'];
  };

  it('gives again what an id names, of every type that has one', async () => {
    const answer = await gateway.ask<{
      root: { id: string; settlement: { id: string } };
      epoch: { id: string };
      claim: { nodeId: string };
    }>(
      `query ($eventId: ID!) { root(channel: "KaiCenat", epoch: 20) { id settlement { id } } epoch(epoch: 20) { id } claim(eventId: $eventId) { nodeId } }`,
      { eventId: root.eventIds[3] },
    );
    const data = dataOf(answer);
    const ids = [data.root.id, data.root.settlement.id, data.epoch.id, data.claim.nodeId];
    expect(new Set(ids).size).toBe(4);
    expect(await Promise.all(ids.map(of))).toEqual([
      { __typename: 'Root', id: ids[0], root: root.tree.rootHex() },
      { __typename: 'Settlement', id: ids[1], settled: true },
      { __typename: 'Epoch', id: ids[2], startSlot: '200' },
      { __typename: 'ClaimNode', id: ids[3], claim: { eventId: root.eventIds[3], index: 3, nodeId: ids[3] } },
    ]);
  });

  it('is null for what is not there, and says of an id of nobody that it is none', async () => {
    const gone = Buffer.from(JSON.stringify(['Root', '21', 'kaicenat'])).toString('base64url');
    expect(await of(gone)).toBeNull();
    const { body } = await gateway.ask('{ node(id: "nonsense") { id } }');
    expect(body).toMatchObject({ data: { node: null }, errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });

  it('waits for minSlot, as other queries do', async () => {
    const { body } = await gateway.ask('{ node(id: "nonsense", minSlot: 1) { id } }');
    expect(body.errors?.[0]?.extensions?.code).toBe('MIN_SLOT_NOT_REACHED');
  });
});

interface Connection {
  readonly edges: readonly { readonly cursor: string; readonly node: Record<string, unknown> }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

const PAGE = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
const CONNECTIONS: readonly (readonly [string, (args: string) => string, (data: never) => Connection])[] = [
  [
    'claims',
    (args) => `{ claims(user: "${USER}", ${args}) { edges { cursor node { eventId } } ${PAGE} } }`,
    (data: { claims: Connection }) => data.claims,
  ],
  [
    'roots',
    (args) => `{ roots(${args}) { edges { cursor node { id } } ${PAGE} } }`,
    (data: { roots: Connection }) => data.roots,
  ],
  [
    'roots of an epoch',
    (args) => `{ epoch(epoch: 20) { roots(${args}) { edges { cursor node { id } } ${PAGE} } } }`,
    (data: { epoch: { roots: Connection } }) => data.epoch.roots,
  ],
];

describe.each(CONNECTIONS)('%s', (_name, query, read) => {
  const page = async (args: string): Promise<Connection> => read(dataOf(await gateway.ask<never>(query(args))));
  const nodes = ({ edges }: Connection): string[] => edges.map(({ node }) => JSON.stringify(node));

  it.each([1, 2, 5])(
    'walked backward by pages of %d give each row once, in the same order as forward',
    async (size) => {
      const whole = nodes(await page('first: 100'));
      expect(whole.length).toBeGreaterThanOrEqual(2);
      const walked: string[] = [];
      for (let before: string | null | undefined, more = true; more; ) {
        const found = await page(before == null ? `last: ${size}` : `last: ${size}, before: "${before}"`);
        expect(found.edges.length).toBeLessThanOrEqual(size);
        expect(found.pageInfo.hasNextPage).toBe(before != null);
        walked.unshift(...nodes(found));
        more = found.pageInfo.hasPreviousPage;
        before = found.pageInfo.startCursor;
      }
      expect(walked).toEqual(whole);
    },
  );

  it('between two cursors hold the rows between, from either end', async () => {
    const { edges } = await page('first: 100');
    const [first, last] = [edges[0]?.cursor, edges.at(-1)?.cursor];
    const between = edges.slice(1, -1).map(({ cursor }) => cursor);
    const cursors = async (args: string) =>
      (await page(`${args}, after: "${first}", before: "${last}"`)).edges.map(({ cursor }) => cursor);
    expect(await cursors('first: 100')).toEqual(between);
    expect(await cursors('last: 100')).toEqual(between);
    expect(await cursors('last: 1')).toEqual(between.slice(-1));
    expect(await cursors('first: 1')).toEqual(between.slice(0, 1));
  });

  it('refuse first and last together, and cursors of nobody', async () => {
    for (const args of ['first: 1, last: 1', 'last: 0', 'last: 101', 'last: 1, before: "nonsense"']) {
      const { body } = await gateway.ask(query(args));
      expect(body.errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT');
    }
  });
});

describe('the schema', () => {
  const types = Object.values(buildSchema(schemaText()).getTypeMap()).filter(({ name }) => !name.startsWith('__'));

  it('says where each of its own scalars is specified', () => {
    const own = types.filter(isScalarType).filter((type) => !isSpecifiedScalarType(type));
    expect(own.length).toBeGreaterThanOrEqual(4);
    expect(own.filter(({ specifiedByURL }) => !URL.canParse(specifiedByURL ?? ''))).toEqual([]);
  });

  it('gives every connection all four arguments', () => {
    const fields = types.filter(isObjectType).flatMap((type) => Object.values(type.getFields()));
    const connections = fields.filter(({ type }) => /Connection!?$/.test(String(type)));
    expect(connections.length).toBeGreaterThanOrEqual(3);
    for (const { args } of connections)
      expect(args.map(({ name }) => name)).toEqual(expect.arrayContaining(['first', 'after', 'last', 'before']));
  });

  it('says of whatever is deprecated what takes its place', () => {
    const reasons = types.flatMap((type) => {
      if (isEnumType(type)) return type.getValues().map(({ deprecationReason }) => deprecationReason);
      if (!isObjectType(type) && !isInterfaceType(type)) return [];
      return Object.values(type.getFields()).flatMap(({ args, ...field }) =>
        [field, ...args].map(({ deprecationReason }) => deprecationReason),
      );
    });
    expect(reasons.length).toBeGreaterThan(100);
    for (const reason of reasons) if (reason != null) expect(reason).toMatch(/^Use .+/);
  });
});
