import { mkdirSync, rmSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { startStack } from '../local/stack/stack.ts';
import { removeStackData } from '../local/stack/stack-data.ts';
import { kafkaConfig, loadConfig, postgresConfig } from '../runtime/config.ts';
import { createKafka } from '../runtime/kafka/client.ts';
import { ensureTopics } from '../runtime/kafka/topics.ts';
import { silentLogger } from '../runtime/logging.ts';
import { migrate } from '../runtime/postgres/migrate.ts';
import { createPool, type Pool } from '../runtime/postgres/pool.ts';
import { get, type LoadPlan, type LoadResult, post } from './gateway/load.ts';
import { startPostgraphile } from './gateway/postgraphile.ts';
import { channelOf, type SeedPlan, seed, userOf, usersOf } from './gateway/seed.ts';
import type { BacklogResult } from './gateway/subscribers.ts';
import { BenchChild } from './measure/child-process.ts';

const PLAN: SeedPlan = {
  roots: Number(process.env['AO_BENCH_ROOTS'] ?? 1000),
  claimsOfARoot: 1000,
  claimsOfAUser: 10,
  partitions: 6,
};
const SECONDS = Number(process.env['AO_BENCH_SECONDS'] ?? 15);
const SCHEMA = 'bench_gateway';
const CONNECTIONS = 50;
/** Different ones, taken in turn: none stands in a memory of the last few. */
const REQUESTS = 5000;
const EVENTS = 10;

/**
 * What the gateway answers a second from a million claims, beside PostGraphile 5 over the same tables; how soon many subscribers hear of
 * an item, what they cost others, and how fast a backlog is read through cuts. Clients, gateway and database share the machine.
 */
export async function run(): Promise<object> {
  const dataDir = join(import.meta.dirname, '..', '.data', `bench-gateway-${process.pid}`);
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  mkdirSync(dataDir, { recursive: true });
  const env = { AO_STACK: process.env['AO_STACK'] ?? 'embedded' };
  const stack = await startStack({ dataDir, fresh: true, durable: false, preferKnownPorts: false, env, log });
  const variables = {
    KAFKA_BROKERS: stack.kafkaBrokers.join(','),
    SCHEMA_REGISTRY_URL: stack.registryUrl,
    DATABASE_URL: stack.databaseUrl,
    DATABASE_SCHEMA: SCHEMA,
    KAFKA_PARTITIONS: String(PLAN.partitions),
    METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics',
    GATEWAY_PORT: '0',
    GATEWAY_OPERATIONS_PER_SOCKET: '1000000',
    // Half of it for proofs: the trees of a million claims take 128 MB.
    GATEWAY_CACHE_BYTES: String(320 * 1024 * 1024),
  };
  const settings = loadConfig(z.object({ ...kafkaConfig, ...postgresConfig }), variables);
  const pool = createPool(settings, 'bench', silentLogger());
  // As it is deployed.
  const gateway = new BenchChild(new URL('gateway/gateway-process.ts', import.meta.url), { NODE_ENV: 'production' });
  const clients = new BenchChild(new URL('gateway/load-process.ts', import.meta.url));
  try {
    await migrate(pool, SCHEMA, silentLogger());
    const topics = await ensureTopics(createKafka(settings, 'bench', silentLogger()), settings);
    const beganMs = performance.now();
    await seed(pool, PLAN, topics.streamEvents);
    log(`stored ${PLAN.roots * PLAN.claimsOfARoot} claims in ${Math.round((performance.now() - beganMs) / 1000)} s`);
    const url = await gateway.ask<string>('start', variables);
    const requests = await measureRequests(clients, Number(new URL(url).port), stack.databaseUrl, log);
    const fanout = await measureFanout(clients, url, pool, topics.streamEvents);
    log(`fanout ${JSON.stringify(fanout)}`);
    const items = PLAN.roots * PLAN.claimsOfARoot + 2 * EVENTS;
    const { itemsPerSecond, ...resume } = await clients.ask<BacklogResult>('backlog', { url, items, cutEvery: 5000 });
    return { ...requests, fanout, resume: { ...resume, itemsPerSecond } };
  } finally {
    await Promise.all([clients.stop(), gateway.stop(), pool.end()]);
    await stack.stop();
    await removeStackData(dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const CLAIMS = `query ($user: Address!) { claims(user: $user, first: 10) { edges { node { eventId channel epoch amount id slot status index
  proof { index root leaf proof settled } } } } }`;
const ROWS = `query ($user: String!) { allClaims(condition: { userPubkey: $user }, first: 10, orderBy: [SLOT_DESC]) { nodes { eventId channel
  epoch amount claimId slot status leafIndex } } }`;

async function measureRequests(
  clients: BenchChild,
  port: number,
  databaseUrl: string,
  log: (line: string) => void,
): Promise<object> {
  const users = Array.from({ length: REQUESTS }, (_, at) => userOf((at * 7919) % usersOf(PLAN)));
  const load = async (name: string, plan: Pick<LoadPlan, 'requests'> & Partial<LoadPlan>): Promise<LoadResult> => {
    const result = await clients.ask<LoadResult>('load', {
      port,
      connections: CONNECTIONS,
      seconds: SECONDS,
      status: 200,
      ...plan,
    } satisfies LoadPlan);
    log(`${name} ${JSON.stringify(result)} load ${loadavg()[0]?.toFixed(1)}`);
    return result;
  };
  const trivial = await load('trivial', {
    requests: [post('/graphql', { query: '{ __typename }' })],
    refusal: '"errors"',
  });
  const claims = await load('claims', {
    requests: users.map((user) => post('/graphql', { query: CLAIMS, variables: { user } })),
    refusal: '"errors"',
  });
  const rest = await load('rest', { requests: users.map((user) => get(`/api/v1/claims/${user}`)) });
  const proofs = Array.from({ length: 500 }, (_, at) => `/api/v1/proofs/${channelOf(at % PLAN.roots)}/20/${at}`);
  const tags = await Promise.all(
    proofs.map(async (path) => (await fetch(`http://127.0.0.1:${port}${path}`)).headers.get('etag') ?? ''),
  );
  const immutable = await load('immutable', {
    requests: proofs.map((path, at) => get(path, { 'if-none-match': tags[at] ?? '' })),
    status: 304,
  });
  const peer = await startPostgraphile(databaseUrl, SCHEMA);
  try {
    const postgraphile = await load('postgraphile', {
      port: peer.port,
      requests: users.map((user) => post('/graphql', { query: ROWS, variables: { user } })),
      refusal: '"errors"',
    });
    const ratio = (other: LoadResult): number => Math.round((claims.rps / other.rps) * 1000) / 1000;
    return {
      ratios: { claimsToTrivial: ratio(trivial), claimsToPostgraphile: ratio(postgraphile) },
      claims,
      rest,
      immutable,
      trivial,
      postgraphile,
    };
  } finally {
    peer.stop();
  }
}

/** The last of 1,000 subscribers on 100 sockets; then what other clients wait for beside 5,000. */
async function measureFanout(clients: BenchChild, url: string, pool: Pool, topic: string): Promise<object> {
  const { rows } = await pool.query<{ end: number }>(
    'select highest_offset as end from sink_offsets where topic = $1 and partition = 0',
    [topic],
  );
  let offset = rows[0]?.end ?? 0;
  const store = async (): Promise<number> => {
    await pool.query(
      `with claim as (
         insert into claims (channel, user_pubkey, slot, event_id, signature, epoch, amount, claim_id, commitment, proven, vouchers,
           stream_partition, stream_offset)
         values ('fanout', $3, 300, 'fanout' || $2 || '/0', 'signature', 30, 5, 'id', 'confirmed', false, '{listener}', 0, $2::int))
       update sink_offsets set highest_offset = $2::int + 1, next_offset = $2::int + 1 where topic = $1 and partition = 0`,
      [topic, offset, userOf(0)],
    );
    offset += 1;
    return performance.timeOrigin + performance.now();
  };
  await clients.ask('join', { url, sockets: 100, each: 10 });
  await delay(2000);
  const lastMs: number[] = [];
  for (let event = 0; event < EVENTS; event += 1) {
    const told = clients.ask<number>('told', 1000);
    const storedMs = await store();
    lastMs.push((await told) - storedMs);
    await delay(200);
  }
  await clients.ask('join', { url, sockets: 100, each: 40 });
  await delay(2000);
  const others = new BenchChild(new URL('gateway/load-process.ts', import.meta.url));
  const asked = others.ask<LoadResult>('load', {
    port: Number(new URL(url).port),
    connections: 5,
    seconds: 10,
    requests: [post('/graphql', { query: '{ root(channel: "bench-1", epoch: 20) { root } }' })],
    status: 200,
    refusal: '"errors"',
  } satisfies LoadPlan);
  for (let event = 0; event < EVENTS; event += 1) {
    await store();
    await delay(1000);
  }
  const { p99Ms } = await asked;
  await others.stop();
  await clients.ask('leave');
  return { lastOf1000Ms: Math.round(Math.max(...lastMs)), othersP99MsAt5000: p99Ms };
}
