import { bytesToHex, hexToBytes, verifyProof } from '@attention-oracle/sdk';
import { createGatewayClient, type GatewayClient } from '@attention-oracle/sdk/graphql';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import WebSocket from 'ws';
import { z } from 'zod';
import { kafkaConfig, loadConfig, postgresConfig } from '../runtime/config.ts';
import { topicNames } from '../runtime/kafka/topics.ts';
import { silentLogger } from '../runtime/logging.ts';
import { migrate } from '../runtime/postgres/migrate.ts';
import { createPool, type Pool } from '../runtime/postgres/pool.ts';
import { type StartedRole, startRole } from '../runtime/role.ts';
import { testStack, uniqueName } from '../tests/testing/stack.ts';
import { until } from '../tests/testing/until.ts';
import { role } from './main.ts';
import { storeStep } from './testing/live-items.ts';
import { type SeededRoot, seedRoot } from './testing/seed.ts';
import { startRelay, type TcpRelay } from './testing/tcp-relay.ts';

const log = silentLogger();
let gateway: StartedRole;
let url: string;
let gatewayEnv: Record<string, string>;
let pool: Pool;
let relay: TcpRelay;
let topics: ReturnType<typeof topicNames>;
let settled: SeededRoot;
let open: SeededRoot;
let client: GatewayClient;

beforeAll(async () => {
  const stack = testStack();
  const database = new URL(stack.databaseUrl);
  relay = await startRelay(database.hostname, Number(database.port));
  const schema = uniqueName('gateway');
  pool = createPool(
    loadConfig(z.object(postgresConfig), { DATABASE_URL: stack.databaseUrl, DATABASE_SCHEMA: schema }),
    'test',
    log,
  );
  await migrate(pool, schema, log);
  settled = await seedRoot(pool, { channel: 'kaicenat', epoch: 20, count: 1100, settled: true });
  open = await seedRoot(pool, { channel: 'marlon', epoch: 21, count: 5, settled: false });

  database.port = String(relay.port);
  gatewayEnv = {
    KAFKA_BROKERS: stack.kafkaBrokers.join(','),
    SCHEMA_REGISTRY_URL: stack.registryUrl,
    KAFKA_NAMESPACE: `${uniqueName('gateway')}.`,
    DATABASE_URL: database.toString(),
    DATABASE_SCHEMA: schema,
    GATEWAY_PORT: '0',
    METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics',
  };
  gateway = await startRole(role, gatewayEnv, log);
  url = String(gateway.describe['gateway']);
  const settings = loadConfig(z.object(kafkaConfig), gatewayEnv);
  topics = topicNames(settings);
  client = createGatewayClient({ url: `${url}/graphql`, webSocket: WebSocket });
});

afterAll(async () => {
  await client.close();
  await gateway.stop();
  await pool.end();
  await relay.close();
});

async function post(
  path: string,
  body: unknown,
): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

async function get(path: string): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
  const response = await fetch(url + path);
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

describe('queries', () => {
  it('give a proof of each leaf of a user that leads to the root', async () => {
    const { proofs } = await client.proofs({ user: settled.users[7] ?? '', channel: 'KaiCenat', epoch: 20n });
    expect(proofs).toHaveLength(1);
    const [proof] = proofs;
    expect(proof).toMatchObject({
      index: 7,
      amount: (2n ** 63n + 7n).toString(),
      settled: true,
      signature: 'signature-kaicenat-20',
    });
    expect(proof?.leaf).toBe(bytesToHex(settled.tree.leaf(7)));
    expect(verifyProof(hexToBytes(proof?.leaf ?? ''), (proof?.proof ?? []).map(hexToBytes), settled.tree.root())).toBe(
      true,
    );
  });

  it('give the proof of a leaf by its index', async () => {
    const { proof } = await client.proof({ channel: 'kaicenat', epoch: 20n, index: 1050 });
    expect(proof).toMatchObject({ index: 1050, settled: true });
    expect(proof?.proof.map((node) => node)).toEqual(settled.tree.proof(1050).map(bytesToHex));
  });

  it('serve roots newest first, page by page, without gaps', async () => {
    const first = await client.roots({ first: 1 });
    expect(first.roots.edges.map(({ node }) => node.root)).toEqual([open.tree.rootHex()]);
    expect(first.roots.pageInfo.hasNextPage).toBe(true);
    const second = await client.roots({ first: 1, after: first.roots.pageInfo.endCursor });
    expect(second.roots.edges.map(({ node }) => node.root)).toEqual([settled.tree.rootHex()]);
    expect(second.roots.pageInfo.hasNextPage).toBe(false);
  });

  it('serve the claims of a user newest first, page by page, each once, also where many stand in one slot', async () => {
    const user = open.users[0] ?? '';
    const users = Array.from({ length: 6 }, () => user);
    await seedRoot(pool, { channel: 'paged', epoch: 5, count: 6, users, settled: false });
    await seedRoot(pool, { channel: 'paged', epoch: 6, count: 6, users, settled: false });
    const whole = (await client.claims({ user, first: 100 })).claims.edges.map(({ node }) => node.eventId);
    expect(whole).toHaveLength(13);
    for (const first of [1, 2, 5]) {
      const paged: string[] = [];
      for (let after: string | null = null, more = true; more; ) {
        const page: Awaited<ReturnType<GatewayClient['claims']>> = await client.claims({ user, first, after });
        const { edges, pageInfo } = page.claims;
        paged.push(...edges.map(({ node }) => node.eventId));
        more = pageInfo.hasNextPage;
        after = pageInfo.endCursor ?? null;
      }
      expect(paged).toEqual(whole);
    }
    const ofChannel = (await client.claims({ user, channel: 'PAGED', first: 100 })).claims.edges;
    expect(new Set(ofChannel.map(({ node }) => node.channel))).toEqual(new Set(['paged']));
    expect(ofChannel).toHaveLength(12);
  });

  it('tell which slots of an epoch are proven, and which are not', async () => {
    await pool.query('insert into epochs (epoch, start_slot, end_slot) values (70, 700, 799), (71, 800, 899)');
    for (let partition = 0; partition < 6; partition += 1) {
      for (const [from, to, method] of [
        [650, 719, 'signature-walk'],
        [750, partition === 5 ? 780 : 820, 'signature-walk'],
        [740, 749, 'blocks'],
      ] as const)
        await pool.query(
          `insert into coverage (stream_partition, source, method, endpoint, from_slot, to_slot, block_time, watermarks, signatures, last_offset)
           values ($1, 'listener', $4, 'rpc', $2, $3, '2026-01-01', 1, 1, 1)`,
          [partition, from, to, method],
        );
    }
    expect((await client.epoch({ epoch: 70n })).epoch).toMatchObject({
      complete: false,
      coverage: [
        { source: 'listener', method: 'blocks', fromSlot: '740', toSlot: '749' },
        { source: 'listener', method: 'signature-walk', fromSlot: '700', toSlot: '719' },
        { source: 'listener', method: 'signature-walk', fromSlot: '750', toSlot: '780' },
      ],
      holes: [
        { fromSlot: '720', toSlot: '739' },
        { fromSlot: '781', toSlot: '799' },
      ],
    });
    await pool.query('update coverage set to_slot = 899 where to_slot = 820');
    await pool.query('update coverage set to_slot = 899 where stream_partition = 5 and to_slot = 780');
    expect((await client.epoch({ epoch: 71n })).epoch).toMatchObject({ complete: true, holes: [] });
  });

  it('show every attempt of a settlement', async () => {
    const { settlement } = await client.settlement({ channel: 'kaicenat', epoch: 20n });
    expect(settlement).toMatchObject({ settled: true, status: 'FINALIZED', seenOnChain: false });
    expect(settlement?.attempts).toHaveLength(1);
    expect(settlement?.attempts[0]).toMatchObject({ attempt: 1, slot: '77', feeLamports: '5000' });
    expect((await client.settlement({ channel: 'marlon', epoch: 21n })).settlement).toMatchObject({
      settled: false,
      status: null,
      attempts: [],
    });
  });

  it('have a receipt once listeners stand by the root on chain: the transaction, who saw it and where', async () => {
    const query = `{ settlement(channel: "kaicenat", epoch: 20) { receipt {
      root signature slot blockTime feeLamports worker seenBy streamPartition streamOffset } } }`;
    const receipt = async (): Promise<unknown> => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
      return ((await answer.json()) as { data: { settlement: { receipt: unknown } } }).data.settlement.receipt;
    };
    await pool.query(
      `insert into published_roots (event_id, signature, channel, epoch, root, slot, published_at, status, commitment, proven, vouchers,
         stream_partition, stream_offset, proven_offset)
       select 'receipt', 'signature-kaicenat-20', channel, epoch, root, 77, '2026-01-01 00:00:50', 'pending', 'finalized', true,
         '{listener-1,listener-2}', 3, 41, 44
       from roots where channel = 'kaicenat' and epoch = 20`,
    );
    expect(await receipt()).toBeNull();
    await pool.query("update published_roots set status = 'seen' where event_id = 'receipt'");
    expect(await receipt()).toEqual({
      ...{ root: settled.tree.rootHex(), signature: 'signature-kaicenat-20', slot: '77', feeLamports: '5000' },
      ...{ blockTime: '2026-01-01T00:00:50.000Z', worker: 'worker', seenBy: ['listener-1', 'listener-2'] },
      ...{ streamPartition: 3, streamOffset: '41' },
    });
    await pool.query("delete from published_roots where event_id = 'receipt'");
  });

  it('show every reason for which a root was held, not the newest alone', async () => {
    const reasons = ['AUTO_PUBLISH_OFF: publishing is off', 'TREASURY_SHORT: too little is left'];
    for (const [offset, reason] of reasons.entries())
      await pool.query(
        `insert into settlement_steps (ledger_partition, ledger_offset, channel, epoch, root, status, attempt, reason, recorded_at)
         select -1, $1, channel, epoch, root, 'HELD', 0, $2, '2026-01-01 00:00:30' from roots where channel = 'kaicenat' and epoch = 20`,
        [offset, reason],
      );
    const { settlement } = await client.settlement({ channel: 'kaicenat', epoch: 20n });
    expect(settlement?.attempts.map(({ status, reason }) => [status, reason ?? null])).toEqual([
      ['HELD', reasons[0]],
      ['HELD', reasons[1]],
      ['FINALIZED', null],
    ]);
  });

  it('verify a claim from its parts, and refuse it when any part is another', async () => {
    const input = {
      user: open.users[3] ?? '',
      index: 3,
      amount: 2n ** 63n + 3n,
      id: 'twitch:marlon:user3',
      proof: open.tree.proof(3).map(bytesToHex),
      root: open.tree.rootHex(),
    };
    expect((await client.verify({ input })).verify).toEqual({
      valid: true,
      reason: null,
      leads: true,
      settled: false,
      known: true,
      channel: 'marlon',
      epoch: '21',
    });
    expect((await client.verify({ input: { ...input, amount: 1n } })).verify.valid).toBe(false);
    expect((await client.verify({ input: { ...input, root: settled.tree.rootHex() } })).verify.valid).toBe(false);
  });

  it('answer null for what is not there', async () => {
    expect((await client.root({ channel: 'nobody', epoch: 1n })).root).toBeNull();
    expect((await client.claim({ eventId: 'nobody/0' })).claim).toBeNull();
    expect((await client.proofs({ user: settled.users[0] ?? '', channel: 'nobody', epoch: 1n })).proofs).toEqual([]);
  });
});

describe('bad requests', () => {
  it.each([
    ['no JSON', 'x{', 400],
    ['no GraphQL', { query: '{ roots(' }, 400],
    ['an unknown field', { query: '{ rootz { epoch } }' }, 400],
    ['an address that is none', { query: '{ claims(user: "x") { edges { cursor } } }' }, 400],
    ['a page too large', { query: '{ roots(first: 1000) { edges { cursor } } }' }, 200],
    [
      'more aliases than allowed',
      { query: `{ ${Array.from({ length: 30 }, (_, index) => `a${index}: health { status }`).join(' ')} }` },
      400,
    ],
  ])('get a clear error for %s, not a stack trace', async (_what, request, status) => {
    const answer = await post('/graphql', request);
    expect(answer.status).toBe(status);
    const text = JSON.stringify(answer.body);
    expect(text).toMatch(/message/);
    expect(text).not.toMatch(/stacktrace|node_modules|\.ts:/);
  });

  it('get {error, message} from the REST facade', async () => {
    expect(await get('/api/v1/claims/nonsense')).toMatchObject({
      status: 400,
      body: { error: 'bad_user_input', message: expect.stringMatching(/Solana address/) },
    });
    expect(await post('/api/v1/verify', { claim_id: 1 })).toMatchObject({
      status: 400,
      body: { error: 'bad_request' },
    });
    expect(await get('/api/v1/epochs/20/channels/nobody')).toMatchObject({
      status: 404,
      body: { error: 'root_not_found' },
    });
    expect(await get('/nowhere')).toMatchObject({ status: 404, body: { error: 'not_found' } });
  });
});

describe('REST facade', () => {
  it('serves the shapes of the target architecture', async () => {
    expect((await get('/api/v1/epochs/20/channels/KaiCenat')).body).toEqual({
      root: settled.tree.rootHex(),
      count: 1100,
      settled_at: '2026-01-01T00:01:00.000Z',
      tx_signature: 'signature-kaicenat-20',
    });
    const claims = await get(`/api/v1/claims/${settled.users[2]}`);
    expect(claims.body).toMatchObject({ status: 'settled', settled: true, merkle_root: settled.tree.rootHex() });
    const path = settled.tree.proof(2).map(bytesToHex);
    expect(
      (await post('/api/v1/verify', { claim_id: settled.eventIds[2], merkle_path: path, root: settled.tree.rootHex() }))
        .body,
    ).toEqual({ valid: true, settled: true });
    expect(
      (await post('/api/v1/verify', { claim_id: settled.eventIds[3], merkle_path: path, root: settled.tree.rootHex() }))
        .body,
    ).toEqual({ valid: false, settled: true });
  });

  it('serves the proof of a settled root as a document that any cache may hold for ever, and answers its tag without work', async () => {
    const path = '/api/v1/proofs/KaiCenat/20/1050';
    const { status, headers, body } = await get(path);
    expect({ status, cache: headers.get('cache-control') }).toEqual({
      status: 200,
      cache: 'public, max-age=31536000, immutable',
    });
    expect(body).toMatchObject({ index: 1050, user: settled.users[1050], settled: true, odd_node: 'duplicate' });
    expect(body['proof']).toEqual(settled.tree.proof(1050).map(bytesToHex));
    relay.cut();
    try {
      const tag = headers.get('etag') ?? '';
      for (const wanted of [tag, `"other", W/${tag}`, '*']) {
        const again = await fetch(url + path, { headers: { 'if-none-match': wanted } });
        expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', tag]);
      }
      const other = await fetch(url + path, { headers: { 'if-none-match': '"other"' } });
      expect([other.status, await other.json()]).toEqual([200, body]);
    } finally {
      relay.mend();
    }
    await until('ready again', async () => (await fetch(`${gateway.opsUrl}/readyz`)).status === 200);
  });

  it('says of the proof of a root that is not settled yet that it may change, and then gives it another tag', async () => {
    const root = await seedRoot(pool, { channel: 'waits', epoch: 40, count: 2, settled: false });
    const path = '/api/v1/proofs/waits/40/1';
    const before = await get(path);
    expect(before.headers.get('cache-control')).toBe('public, no-cache');
    expect(before.body).toMatchObject({ root: root.tree.rootHex(), settled: false, signature: null });
    const tag = before.headers.get('etag') ?? '';
    expect((await fetch(url + path, { headers: { 'if-none-match': tag } })).status).toBe(304);
    await pool.query("update roots set status = 'settled', tx_signature = 'sent' where channel = 'waits'");
    const after = await fetch(url + path, { headers: { 'if-none-match': tag } });
    expect([after.status, await after.json()]).toEqual([200, { ...before.body, settled: true, signature: 'sent' }]);
    expect(after.headers.get('cache-control')).toMatch(/immutable/);
  });

  it.each(['/api/v1/proofs/kaicenat/20/1100', '/api/v1/proofs/nobody/20/0', '/api/v1/proofs/kaicenat/98/0'])(
    'has no proof at %s, which may change',
    async (path) => {
      const { status, headers, body } = await get(path);
      expect([status, body['error'], headers.get('cache-control')]).toEqual([404, 'proof_not_found', 'no-store']);
    },
  );

  it('documents itself as OpenAPI', async () => {
    const { body } = await get('/docs/json');
    expect(Object.keys(body['paths'] as object).sort()).toEqual([
      '/api/v1/bundles/{channel}/{epoch}/{index}',
      '/api/v1/claims/{userId}',
      '/api/v1/epochs/{epoch}/channels/{channel}',
      '/api/v1/proofs/{channel}/{epoch}/{index}',
      '/api/v1/receipts/{channel}/{epoch}',
      '/api/v1/verify',
      '/health',
    ]);
  });
});

describe('subscriptions', () => {
  it('tell of a settlement of the channel asked for, and of no other', async () => {
    const updates = client.settlementUpdated({ channel: 'kaicenat' })[Symbol.asyncIterator]();
    const first = updates.next();
    await until('subscribed', async () => (await subscribers('settlements')) === 1);
    await settle('marlon');
    await settle('kaicenat');
    expect((await first).value).toEqual({
      settlementUpdated: expect.objectContaining({
        channel: 'kaicenat',
        epoch: '20',
        status: 'CONFIRMED',
        slot: '7',
        at: '2023-11-14T22:13:20.000Z',
      }),
    });
    await updates.return?.();
    await until('unsubscribed', async () => (await subscribers('settlements')) === 0);
  });

  it('go on by themselves after a lost connection, and tell the client that it was lost', async () => {
    const near = await startRelay('127.0.0.1', Number(new URL(url).port));
    let reconnects = 0;
    const remote = createGatewayClient({
      url: `${url}/graphql`,
      webSocketUrl: `ws://127.0.0.1:${near.port}/graphql`,
      webSocket: WebSocket,
      onReconnect: () => (reconnects += 1),
    });
    const updates = remote.settlementUpdated({ channel: 'lacy' })[Symbol.asyncIterator]();
    const first = updates.next();
    await until('subscribed', async () => (await subscribers('settlements')) === 1);
    near.cut();
    await until('the gateway has noticed', async () => (await subscribers('settlements')) === 0);
    near.mend();
    await until('subscribed again', async () => (await subscribers('settlements')) === 1);
    await settle('lacy');
    expect((await first).value).toMatchObject({ settlementUpdated: { channel: 'lacy' } });
    expect(reconnects).toBe(1);
    await remote.close();
    await near.close();
  });

  it('refuse a document over the limits, as queries do', async () => {
    const aliases = Array.from({ length: 30 }, (_, index) => `a${index}: channel`).join(' ');
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const messages: { type: string; payload?: unknown }[] = [];
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { type: string };
      messages.push(message);
      if (message.type === 'connection_ack')
        socket.send(
          JSON.stringify({
            id: '1',
            type: 'subscribe',
            payload: { query: `subscription { rootFinalized { ${aliases} } }` },
          }),
        );
    });
    socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init' })));
    await until('an answer', () => messages.length > 1);
    expect(messages[1]).toMatchObject({ type: 'error' });
    socket.close();
  });
});

describe('a topic with another number of partitions', () => {
  it('keeps the gateway from starting, as it does every role', async () => {
    await expect(startRole(role, { ...gatewayEnv, KAFKA_PARTITIONS: '7' }, log)).rejects.toMatchObject({
      code: 'PARTITIONS_CHANGED',
    });
  });
});

describe('database down', () => {
  it('answers from cache what was asked before, says so, and is not ready; recovers by itself', async () => {
    const asked = { query: '{ root(channel: "kaicenat", epoch: 20) { root } }' };
    expect((await post('/graphql', asked)).headers.get('x-ao-stale')).toBeNull();
    relay.cut();
    await until('health tells', async () => (await get('/health')).body['database'] === false);
    expect((await get('/health')).body).toMatchObject({ status: 'degraded', queue: true, stale: true });
    const stale = await post('/graphql', asked);
    expect(stale.body).toMatchObject({
      data: { root: { root: settled.tree.rootHex() } },
      extensions: { ao: { stale: true, staleForMs: expect.any(Number) } },
    });
    expect(stale.headers.get('x-ao-stale')).toBe('true');
    const unknown = await post('/graphql', { query: '{ root(channel: "kaicenat", epoch: 99) { root } }' });
    expect(JSON.stringify(unknown.body)).toMatch(/database does not answer/);
    expect((await fetch(`${gateway.opsUrl}/readyz`)).status).toBe(503);
    expect((await fetch(`${gateway.opsUrl}/livez`)).status).toBe(200);
    relay.mend();
    await until('ready again', async () => (await fetch(`${gateway.opsUrl}/readyz`)).status === 200);
    expect((await post('/graphql', asked)).headers.get('x-ao-stale')).toBeNull();
  });
});

async function subscribers(kind: string): Promise<number> {
  const text = await (await fetch(`${gateway.opsUrl}/metrics`)).text();
  return Number(new RegExp(`ao_gateway_subscribers\\{[^}]*kind="${kind}"[^}]*\\} (\\d+)`).exec(text)?.[1] ?? 0);
}

/** A step of a settlement comes into the ledger. */
const settle = (channel: string): Promise<void> =>
  storeStep(pool, topics.settlements, { channel, epoch: 20, root: settled.tree.rootHex() });
