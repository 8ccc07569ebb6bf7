/** Subscriptions over Server-Sent Events: the same items, limits and endings as over WebSocket. */

import { Agent, get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from 'graphql-sse';
import { until } from '../tests/testing/until.ts';
import { EventReader } from './testing/event-reader.ts';
import { storeClaim } from './testing/live-items.ts';
import { GatewayRig, type RunningGateway } from './testing/rig.ts';

const USER = 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic';
const CLAIMS =
  'subscription ($channel: String, $after: String) { claimIngested(channel: $channel, after: $after) { eventId cursor } }';
const HEALTH = '{ health { status } }';

let rig: GatewayRig;
let gateway: RunningGateway;

beforeAll(async () => {
  rig = await GatewayRig.create({ GATEWAY_FEED_INTERVAL_MS: '20' });
  gateway = await rig.start();
});

afterAll(async () => {
  await rig.stop();
});

async function store(channel: string, ...numbers: number[]): Promise<void> {
  for (const n of numbers)
    await storeClaim(rig.pool, rig.topics.streamEvents, {
      channel,
      user: USER,
      eventId: `${channel}${n}/0`,
      partition: 1,
    });
}

const open = (
  of: RunningGateway,
  channel: string,
  after: string | null = 'beginning',
  headers: Record<string, string> = {},
): Promise<EventReader> => EventReader.open(of.url, { query: CLAIMS, variables: { channel, after } }, headers);

const items = ({ messages }: EventReader): string[] =>
  messages.map(({ data }) => (data?.data?.['claimIngested'] as { eventId: string } | undefined)?.eventId ?? '');

const subscribers = (of: RunningGateway): Promise<number> => of.metric(/ao_gateway_subscribers.*claims/);

const codesOf = ({ messages }: EventReader): unknown[] =>
  messages.flatMap(({ data }) =>
    (data?.errors ?? []).map((error) => (error as { extensions: { code: string } }).extensions.code),
  );

describe('a stream', () => {
  it('delivers what is stored, then what comes, each item with its cursor as id, and how sure it is', async () => {
    await store('live', 1);
    const stream = await open(gateway, 'live');
    await stream.until(() => stream.messages.length >= 1);
    await store('live', 2);
    await stream.until(() => stream.messages.length >= 2);
    expect(items(stream)).toEqual(['live1/0', 'live2/0']);
    for (const { id, data } of stream.messages) {
      expect(data?.data?.['claimIngested']).toMatchObject({ cursor: id });
      expect(data).toMatchObject({ extensions: { ao: { stale: false } } });
    }
    stream.close();
    await until('left', async () => (await subscribers(gateway)) === 0);
  });

  it('that is cut goes on after the last item, with the id that a browser sends by itself, at another gateway', async () => {
    await store('cut', 1, 2, 3);
    const stream = await open(gateway, 'cut');
    await stream.until(() => stream.messages.length >= 2);
    const id = stream.messages[1]?.id ?? '';
    stream.close();
    const other = await rig.start();
    const again = await open(other, 'cut', 'beginning', { 'last-event-id': id });
    await again.until(() => again.messages.length >= 1);
    await store('cut', 4);
    await again.until(() => again.messages.length >= 2);
    expect(items(again)).toEqual(['cut3/0', 'cut4/0']);
    again.close();
    await other.role.stop();
  });

  it('is understood by the client of the protocol, also over GET, and answers queries', async () => {
    await store('client', 1);
    const client = createClient({ url: `${gateway.url}/graphql/stream`, retryAttempts: 0 });
    const iterator = client.iterate({ query: CLAIMS, variables: { channel: 'client', after: 'beginning' } });
    expect(await iterator.next()).toMatchObject({ value: { data: { claimIngested: { eventId: 'client1/0' } } } });
    await iterator.return?.();
    client.dispose();
    const query = await fetch(`${gateway.url}/graphql/stream?query=${encodeURIComponent(HEALTH)}`, {
      headers: { accept: 'text/event-stream' },
    });
    expect(query.headers.get('content-type')).toMatch(/text\/event-stream/);
    expect(await query.text()).toMatch(/event: next\ndata: \{"data":\{"health":.*\n\nevent: complete\n/);
  });

  it.each([
    ['a document that is wrong', '{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    [
      'a document that asks for too much',
      `{ ${Array.from({ length: 30 }, (_, i) => `a${i}: health { status }`).join(' ')} }`,
      'BAD_USER_INPUT',
    ],
    ['a cursor of nobody', 'subscription { claimIngested(after: "nobody") { cursor } }', 'BAD_USER_INPUT'],
  ])('tells of %s in an item, and is complete', async (_what, query, code) => {
    const stream = await EventReader.open(gateway.url, { query });
    await stream.ended;
    expect(codesOf(stream)).toEqual(expect.arrayContaining([code]));
    expect(stream.messages.at(-1)?.event).toBe('complete');
    expect(await subscribers(gateway)).toBe(0);
  });

  it('is not begun by a form of another page', async () => {
    const forged = await fetch(`${gateway.url}/graphql/stream`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify({ query: HEALTH }),
    });
    expect(forged.status).toBe(415);
  });
});

describe('one client', () => {
  it('may have as many streams and sockets together as an address may, and again when one is closed', async () => {
    const small = await rig.start({ GATEWAY_SOCKETS_PER_ADDRESS: '2' });
    const stream = await open(small, 'limit');
    const socket = await small.connect();
    expect((await open(small, 'limit')).status).toBe(429);
    await expect(small.connect()).rejects.toThrow(/429/);
    stream.close();
    await until('one has closed', async () => (await small.metric(/^ao_gateway_sockets/)) === 1);
    const again = await open(small, 'limit');
    expect(again.status).toBe(200);
    again.close();
    socket.close();
  });

  it('may begin so many streams a minute over one connection', async () => {
    const small = await rig.start({ GATEWAY_OPERATIONS_PER_SOCKET: '3' });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const asked = async (): Promise<string> => {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        const options = { agent, headers: { accept: 'text/event-stream' } };
        get(`${small.url}/graphql/stream?query=${encodeURIComponent(HEALTH)}`, options, resolve).on('error', reject);
      });
      let text = '';
      for await (const chunk of answer.setEncoding('utf8')) text += String(chunk);
      return text;
    };
    for (let n = 0; n < 3; n += 1) expect(await asked()).not.toMatch(/errors/);
    expect(await asked()).toMatch(/TOO_MANY_REQUESTS.*\n\nevent: complete/);
    agent.destroy();
  });

  it('has its streams counted as requests, once each', async () => {
    const small = await rig.start({ GATEWAY_RATE_LIMIT_PER_MINUTE: '5' });
    const statuses: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      const stream = await EventReader.open(small.url, { query: HEALTH });
      await stream.ended;
      statuses.push(stream.status);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
  });
});

it('a gateway that stops ends its streams with 1001 and nothing completed: the client goes on elsewhere and misses nothing', async () => {
  const stopping = await rig.start();
  const staying = await rig.start();
  await store('stop', 1);
  const stream = await open(stopping, 'stop');
  await stream.until(() => stream.messages.length >= 1);
  await stopping.role.stop();
  await stream.ended;
  expect(stream.comments).toEqual([expect.stringMatching(/^closed 1001 .*connect again/)]);
  expect(stream.messages.map(({ event }) => event)).toEqual(['next']);
  await store('stop', 2);
  const again = await open(staying, 'stop', stream.messages[0]?.id ?? '');
  await again.until(() => again.messages.length >= 1);
  expect(items(again)).toEqual(['stop2/0']);
  again.close();
});
