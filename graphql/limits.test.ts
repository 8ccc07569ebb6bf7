/** What one client may take of the gateway: more is refused, and the others do not notice. */

import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import WebSocket from 'ws';
import { until } from '../tests/testing/until.ts';
import { GatewayRig, type RunningGateway, TestSocket } from './testing/rig.ts';

const HEALTH = '{ health { status } }';
const LIVE = 'subscription { settlementUpdated { channel } }';

let rig: GatewayRig;

beforeAll(async () => {
  rig = await GatewayRig.create();
});

afterAll(async () => {
  await rig.stop();
});

const codesOf = (socket: TestSocket, ids: readonly string[]): (string | undefined)[] =>
  ids.map((id) => socket.codeOf(id));

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `s${index}`);

describe('over one socket', () => {
  it('10,000 subscriptions are refused beyond the limit, and another client is answered meanwhile', async () => {
    const gateway = await rig.start({ GATEWAY_SUBSCRIPTIONS_PER_SOCKET: '50', GATEWAY_OPERATIONS_PER_SOCKET: '20000' });
    const socket = await gateway.connect();
    const ids = names(10_000);
    for (const id of ids) socket.subscribe(id, LIVE);
    expect((await gateway.ask(HEALTH)).status).toBe(200);
    await socket.until((messages) => messages.filter(({ type }) => type === 'error').length === ids.length - 50);
    expect(new Set(codesOf(socket, ids.slice(50)))).toEqual(new Set(['TOO_MANY_OPERATIONS']));
    expect(await gateway.metric(/ao_gateway_subscribers.*settlements/)).toBe(50);

    socket.send({ id: 's0', type: 'complete' });
    await until('one has ended', async () => (await gateway.metric(/ao_gateway_subscribers.*settlements/)) === 49);
    expect(await socket.ask('again', HEALTH)).toMatchObject({ type: 'next' });
    socket.close();
    await until('all have ended', async () => (await gateway.metric(/ao_gateway_subscribers.*settlements/)) === 0);
  });

  it('more operations in a minute than allowed are refused, one by one; the socket stays', async () => {
    const gateway = await rig.start({ GATEWAY_OPERATIONS_PER_SOCKET: '20' });
    const socket = await gateway.connect();
    const ids = names(25);
    for (const id of ids) expect((await socket.ask(id, HEALTH)).type).toBe(ids.indexOf(id) < 20 ? 'next' : 'error');
    expect(new Set(codesOf(socket, ids.slice(20)))).toEqual(new Set(['TOO_MANY_REQUESTS']));
    const other = await gateway.connect();
    expect((await other.ask('1', HEALTH)).type).toBe('next');
  });

  it('a message that is too large ends it', async () => {
    const gateway = await rig.start();
    const socket = await gateway.connect();
    socket.subscribe('1', `{ health { status } } # ${'x'.repeat(300_000)}`);
    expect(await socket.closed).toMatchObject({ code: 1009 });
  });

  it('an id that is too long, and a syntax error, are errors of that operation', async () => {
    const gateway = await rig.start();
    const socket = await gateway.connect();
    expect(await socket.ask('x'.repeat(1000), HEALTH)).toMatchObject({ type: 'error' });
    expect(await socket.ask('1', '{ roots(')).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }],
    });
    expect(await socket.ask('2', HEALTH)).toMatchObject({ type: 'next' });
  });

  it('a client that does not begin the protocol is let go', async () => {
    const gateway = await rig.start({ GATEWAY_REQUEST_TIMEOUT_MS: '1000' });
    const socket = await TestSocket.open(gateway.wsUrl, {}, false);
    expect(await socket.closed).toMatchObject({ code: 4408 });
  });

  it('a client that does not read is let go with the reason, and little waits for it', async () => {
    const gateway = await rig.start({
      GATEWAY_WAITING_BYTES_PER_SOCKET: '100000',
      GATEWAY_OPERATIONS_PER_SOCKET: '100000',
    });
    const socket = await gateway.connect();
    socket.socket.pause();
    // More than the systems' own buffers hold.
    const large =
      '{ __schema { types { name description fields { name description args { name description } type { name } } } } }';
    const sending = names(3000);
    for (const id of sending) {
      if (socket.socket.readyState !== WebSocket.OPEN) break;
      socket.subscribe(id, large);
    }
    let mostBytes = 0;
    await until('the gateway has closed it', async () => {
      mostBytes = Math.max(mostBytes, await gateway.metric(/^ao_gateway_waiting_bytes/));
      return (await gateway.metric(/^ao_gateway_sockets/)) === 0;
    });
    // The limit and the answer that went over it.
    expect(mostBytes).toBeLessThan(300_000);
    socket.socket.resume();
    expect([4411, 1006]).toContain((await socket.closed).code);
    expect((await gateway.ask(HEALTH)).status).toBe(200);
  });
});

describe('of one address', () => {
  it('more sockets than allowed are refused, and allowed again when one closes', async () => {
    const gateway = await rig.start({ GATEWAY_SOCKETS_PER_ADDRESS: '3' });
    const sockets = await Promise.all([gateway.connect(), gateway.connect(), gateway.connect()]);
    await expect(gateway.connect()).rejects.toThrow(/429/);
    expect((await gateway.ask(HEALTH)).status).toBe(200);
    sockets[0]?.close();
    await until('one has closed', async () => (await gateway.metric(/^ao_gateway_sockets/)) === 2);
    await (await gateway.connect()).ask('1', HEALTH);
  });

  it('operations over sockets count as requests do', async () => {
    const gateway = await rig.start({ GATEWAY_RATE_LIMIT_PER_MINUTE: '20' });
    const [one, two] = [await gateway.connect(), await gateway.connect()];
    let allowed = 0;
    for (const id of names(12)) {
      for (const socket of [one, two]) if ((await socket.ask(id, HEALTH)).type === 'next') allowed += 1;
    }
    // The two upgrades were requests themselves.
    expect(allowed).toBe(18);
    expect((await gateway.ask(HEALTH)).status).toBe(429);
    expect(codesOf(one, ['s11'])).toEqual(['TOO_MANY_REQUESTS']);
  });
});

describe('X-Forwarded-For', () => {
  const asks = async (gateway: RunningGateway, forwarded: (index: number) => string): Promise<number> => {
    let refused = 0;
    for (let index = 0; index < 10; index += 1) {
      const { status } = await gateway.post('/graphql', { query: HEALTH }, { 'x-forwarded-for': forwarded(index) });
      if (status === 429) refused += 1;
    }
    return refused;
  };

  it('is not believed by itself', async () => {
    const gateway = await rig.start({ GATEWAY_RATE_LIMIT_PER_MINUTE: '5' });
    expect(await asks(gateway, (index) => `10.0.0.${index}`)).toBe(5);
  });

  it.each(['1', '127.0.0.1', 'loopback'])(
    'behind a proxy (%s) is believed as far as the proxy wrote it',
    async (proxies) => {
      const gateway = await rig.start({ GATEWAY_RATE_LIMIT_PER_MINUTE: '5', GATEWAY_TRUST_PROXY: proxies });
      expect(await asks(gateway, (index) => `10.0.0.${index}, 203.0.113.7`)).toBe(5);
      expect(await asks(gateway, (index) => `203.0.113.${100 + index}`)).toBe(0);
      expect(await asks(gateway, () => 'nonsense, 203.0.113.8')).toBe(5);
    },
  );

  it('counts for sockets too, and an IPv6 network counts as one client', async () => {
    const gateway = await rig.start({ GATEWAY_SOCKETS_PER_ADDRESS: '1', GATEWAY_TRUST_PROXY: '1' });
    await gateway.connect({ 'x-forwarded-for': 'spoof1, 2001:db8::1' });
    await expect(gateway.connect({ 'x-forwarded-for': 'spoof2, 2001:db8::2' })).rejects.toThrow(/429/);
    await gateway.connect({ 'x-forwarded-for': '2001:db8:0:1::1' });
  });

  it('from everybody cannot be believed: the start is refused', async () => {
    await expect(rig.start({ GATEWAY_TRUST_PROXY: 'true' })).rejects.toThrow(/number of proxies/);
  });
});

describe('a request that is only half sent', () => {
  it.each([
    ['nothing', ''],
    ['half a header', 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-ty'],
    [
      'half a body',
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"que',
    ],
  ])('(%s) is let go', async (_what, text) => {
    const gateway = await rig.start({ GATEWAY_REQUEST_TIMEOUT_MS: '1000' });
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    if (text !== '') socket.write(text);
    await new Promise<void>((resolve) => socket.once('close', () => resolve()));
    expect((await gateway.ask(HEALTH)).status).toBe(200);
  });
});

describe('memory', () => {
  it('of remembered answers is bounded in bytes, whatever clients ask', async () => {
    const gateway = await rig.start({ GATEWAY_CACHE_BYTES: '400000' });
    for (let index = 0; index < 300; index += 1) {
      await gateway.ask('query ($channel: String!) { root(channel: $channel, epoch: 1) { root } }', {
        channel: `${index}${'x'.repeat(4000)}`,
      });
    }
    const bytes = await gateway.metric(/ao_gateway_cache_bytes.*answers/);
    expect(bytes).toBeGreaterThan(100_000);
    expect(bytes).toBeLessThanOrEqual(200_000);
  });
});

it('a gateway that stops tells its sockets so: they go away with 1001 and connect elsewhere', async () => {
  const gateway = await rig.start();
  const [socket, idle] = [await gateway.connect(), await gateway.connect()];
  socket.subscribe('1', LIVE);
  await until('subscribed', async () => (await gateway.metric(/ao_gateway_subscribers.*settlements/)) === 1);
  await gateway.role.stop();
  expect(await socket.closed).toMatchObject({ code: 1001, reason: expect.stringMatching(/connect again/) });
  expect(await idle.closed).toMatchObject({ code: 1001 });
  // Not told that the subscription is over.
  expect(socket.of('1')).toEqual([]);
});
