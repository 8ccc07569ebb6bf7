/** How often the database is asked: once for all rows of a kind, however many a client wants. */

import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { graphql } from 'graphql';
import { paceOf } from '../domain/cluster-pace.ts';
import { silentLogger } from '../runtime/logging.ts';
import type { Pool } from '../runtime/postgres/pool.ts';
import { until } from '../tests/testing/until.ts';
import { Answers } from './io/answers.ts';
import { executableSchema } from './io/apollo.ts';
import { claimChecker } from './io/chain/claim-checker.ts';
import { startLiveFeed } from './io/live-feed.ts';
import { ProofStore } from './io/proof-store.ts';
import { requestContext } from './io/request-context.ts';
import { ClaimPages } from './io/store/claim-pages.ts';
import { storeClaim } from './testing/live-items.ts';
import { GatewayRig } from './testing/rig.ts';
import { seedRoot } from './testing/seed.ts';

const schema = executableSchema();
const USER = 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic';
const USERS = Array.from({ length: 25 }, () => USER);

let rig: GatewayRig;
let statements: string[];

beforeAll(async () => {
  rig = await GatewayRig.create();
  for (let epoch = 1; epoch <= 4; epoch += 1) {
    await seedRoot(rig.pool, { channel: 'kaicenat', epoch, count: 25, users: USERS, settled: epoch % 2 === 0 });
  }
});

afterAll(async () => {
  await rig.stop();
});

beforeEach(() => {
  statements = [];
});

/** The pool, whose statements are noted. */
function countingPool(): Pool {
  return new Proxy(rig.pool, {
    get(pool, name) {
      if (name !== 'query') throw new Error(`not expected: ${String(name)}`);
      return (...given: Parameters<Pool['query']>) => {
        const [text] = given as unknown as [string | { text: string }];
        statements.push(typeof text === 'string' ? text : text.text);
        return pool.query(...given);
      };
    },
  });
}

/** The answer of a gateway that has been asked nothing before. */
async function ask(source: string, proofs = new ProofStore(1_000_000)): Promise<Record<string, unknown>> {
  const counting = countingPool();
  const services = {
    pool: counting,
    answers: new Answers(counting, silentLogger(), 1_000_000),
    proofs,
    claimPages: new ClaimPages(counting),
    chain: claimChecker({ endpoints: undefined, programId: USER, mint: undefined, pace: () => paceOf([]) }),
    proven: { point: undefined },
    partitions: 1,
  };
  const { data, errors } = await graphql({ schema, source, contextValue: requestContext(services as never) });
  if (errors !== undefined) throw new AggregateError(errors);
  return data as Record<string, unknown>;
}

it('a hundred claims with their proofs are two statements: claims with their roots, nodes', async () => {
  const answer = await ask(
    `{ claims(user: "${USER}", first: 100) { edges { node { index proof { index root proof settled } } } } }`,
  );
  const { edges } = answer['claims'] as {
    edges: { node: { index: number; proof: { index: number; proof: string[] } } }[];
  };
  expect(edges).toHaveLength(100);
  for (const { node } of edges) expect(node.proof).toMatchObject({ index: node.index, proof: { length: 5 } });
  expect(statements).toHaveLength(2);
});

it('newest claims that many ask for at once are a few statements, and each gets its own', async () => {
  const { rows } = await rig.pool.query<{ user: string }>(
    `insert into claims (channel, user_pubkey, slot, event_id, signature, epoch, amount, claim_id, commitment, proven, vouchers,
       stream_partition, stream_offset)
     select 'crowd', 'crowd' || n, 7, 'crowd' || n || '/0', 'signature', 1, 5, 'id', 'confirmed', false, '{listener}', 0, 100000 + n
     from generate_series(1, 60) n returning user_pubkey as user`,
  );
  const pages = new ClaimPages(countingPool());
  const users = [USER, ...rows.map(({ user }) => user), 'nobody'];
  const found = await Promise.all(users.map((user) => pages.newest(user, 3)));
  expect(found.map((claims) => claims.length)).toEqual([3, ...rows.map(() => 1), 0]);
  expect(found.slice(1, -1).map(([claim]) => claim?.user)).toEqual(rows.map(({ user }) => user));
  expect(statements.length).toBeLessThanOrEqual(4);
});

it('claims whose trees were read before are one statement', async () => {
  const question = `{ claims(user: "${USER}", first: 100) { edges { node { proof { leaf proof } } } } }`;
  const proofs = new ProofStore(1_000_000);
  const first = await ask(question, proofs);
  statements = [];
  expect(await ask(question, proofs)).toEqual(first);
  expect(statements).toHaveLength(1);
});

it('a tree that does not lead to its root is neither served nor remembered', async () => {
  const { rows } = await rig.pool.query<{ id: number }>(
    "select id from roots where channel = 'kaicenat' and epoch = 3",
  );
  const question = '{ proof(channel: "kaicenat", epoch: 3, index: 7) { leaf proof } }';
  const proofs = new ProofStore(1_000_000);
  const flip = `update tree_nodes set nodes = set_byte(nodes, 6 * 32, get_byte(nodes, 6 * 32) # 1) where root_id = ${rows[0]?.id} and level = 0`;
  await rig.pool.query(flip);
  await expect(ask(question, proofs)).rejects.toThrow();
  expect(proofs.bytes).toBe(0);
  await rig.pool.query(flip);
  expect(await ask(question, proofs)).toMatchObject({ proof: { proof: { length: 5 } } });
});

it('proofs of several roots in one document are read together', async () => {
  const proofs = [1, 2, 3, 4].map(
    (epoch) => `e${epoch}: proofs(user: "${USER}", channel: "kaicenat", epoch: ${epoch}) { leaf }`,
  );
  await ask(`{ ${proofs.join(' ')} }`);
  expect(statements.filter((text) => text.includes('tree_nodes'))).toHaveLength(1);
});

it('a page of roots with every attempt of their settlements is two statements', async () => {
  await ask('{ roots { edges { node { root settlement { status reason attempts { status } } } } } }');
  expect(statements).toHaveLength(2);
});

it('an epoch with its coverage, its holes and whether it is complete asks for its ranges once', async () => {
  await rig.pool.query('insert into epochs (epoch, start_slot, end_slot) values (1, 10, 19) on conflict do nothing');
  await ask('{ epoch(epoch: 1) { complete coverage { source } holes { fromSlot } } }');
  expect(statements).toHaveLength(2);
});

it('an item is one read of the database, though a thousand subscribe', async () => {
  const pool = countingPool();
  const feed = startLiveFeed({ pool, topics: rig.topics, partitions: 3, intervalMs: 5, log: silentLogger() });
  await until('the database has answered', () => feed.claims.cursor !== undefined);
  const subscribers = Array.from({ length: 1000 }, () =>
    feed.claims.follow(undefined, { channels: undefined, matches: () => true }),
  );
  const next = (): Promise<(string | undefined)[]> =>
    Promise.all(
      subscribers.map(async (subscriber) => {
        const result = await subscriber.next();
        return result.done === true ? undefined : result.value.item.eventId;
      }),
    );
  let told = next();
  try {
    for (const [at, partition] of [1, 2, 2, 1].entries()) {
      const eventId = `one-read${at}/0`;
      await storeClaim(rig.pool, rig.topics.streamEvents, { channel: 'one-read', user: USER, eventId, partition });
      expect(new Set(await told)).toEqual(new Set([eventId]));
      told = next();
    }
    expect(statements.filter((text) => text.includes('from claims'))).toHaveLength(4);
  } finally {
    await feed.stop();
  }
  expect(new Set(await told)).toEqual(new Set([undefined]));
});
