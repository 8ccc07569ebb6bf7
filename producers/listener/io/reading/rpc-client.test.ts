import { afterEach, describe, expect, it } from '@jest/globals';
import { type FixtureOptions, FixtureRpc, type Interference } from '../../testing/fixture-rpc.ts';
import { RpcClient } from './rpc-client.ts';
import { retryAfterMs } from './rpc-errors.ts';

const servers: FixtureRpc[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function serve(interfere?: FixtureOptions['interfere']): Promise<FixtureRpc> {
  const server = await FixtureRpc.start({ webSocket: false, ...(interfere === undefined ? {} : { interfere }) });
  servers.push(server);
  return server;
}

function client(urls: readonly string[], timeoutMs = 1000, signal = new AbortController().signal): RpcClient {
  return new RpcClient({ urls, timeoutMs, signal, onCall: () => undefined });
}

/** A server that misbehaves for the first `times` requests. */
const first = (times: number, bad: Interference) => serve(({ count }) => (count < times ? bad : undefined));

describe('RPC client', () => {
  it('gives the result and the host that answered, never the whole URL', async () => {
    const server = await serve();
    server.finalizedSlot = 42;
    const { host } = new URL(server.url);
    const answer = await client([`${server.url}/?api-key=hush`]).call('getSlot', []);
    expect(answer).toEqual({ result: 42, endpoint: host });
  });

  it('tells errors apart by what helps against them', async () => {
    const code = async (bad: Interference): Promise<unknown> => {
      const server = await serve(() => bad);
      return client([server.url], 200)
        .call('getSlot', [])
        .catch(({ code: found, retryable }: { code: string; retryable: boolean }) => `${found} ${retryable}`);
    };
    expect(await code({ status: 502 })).toBe('RPC_UNAVAILABLE true');
    expect(await code({ status: 403 })).toBe('RPC_REJECTED false');
    expect(await code({ silent: true })).toBe('RPC_UNAVAILABLE true');
    expect(await code({ body: '<html>busy</html>' })).toBe('RPC_MALFORMED true');
    expect(await code({ body: '{"jsonrpc":"2.0","id":999999,"result":1}' })).toBe('RPC_MALFORMED true');
    expect(await code({ error: { code: -32601, message: 'no' } })).toBe('RPC_METHOD_MISSING false');
    expect(await code({ error: { code: -32602, message: 'no' } })).toBe('RPC_REJECTED false');
    expect(await code({ error: { code: -32015, message: 'no' } })).toBe('TRANSACTION_VERSION_UNSUPPORTED false');
    expect(await code({ error: { code: -32016, message: 'no' } })).toBe('RPC_NODE_BEHIND true');
    expect(await code({ error: { code: -32000, message: 'no' } })).toBe('RPC_FAILED true');
  });

  it('leaves the server alone for as long as Retry-After asks, then gets its answer', async () => {
    const server = await first(1, { status: 429, retryAfter: '1' });
    const startedMs = performance.now();
    await client([server.url]).call('getSlot', []);
    expect(performance.now() - startedMs).toBeGreaterThan(950);
    expect(server.calls('getSlot')).toBe(2);
  });

  it('asks the next endpoint at once when one fails, and the failing one less from then on', async () => {
    const [bad, good] = [await first(1000, { status: 500 }), await serve()];
    const rpc = client([bad.url, good.url]);
    for (let calls = 0; calls < 20; calls += 1) await rpc.call('getSlot', []);
    expect(good.calls('getSlot')).toBe(20);
    expect(bad.calls('getSlot')).toBeLessThan(4);
  });

  it('takes an endpoint back that has recovered', async () => {
    let broken = true;
    const returning = await serve(() => (broken ? { status: 500 } : undefined));
    const rpc = client([returning.url]);
    await expect(rpc.call('getSlot', [])).rejects.toMatchObject({ code: 'RPC_UNAVAILABLE' });
    broken = false;
    await expect(rpc.call('getSlot', [])).resolves.toMatchObject({ result: 0 });
  });

  it('stops waiting when it is aborted', async () => {
    const server = await first(1000, { status: 429, retryAfter: '10' });
    const abort = new AbortController();
    const call = client([server.url], 1000, abort.signal).call('getSlot', []);
    abort.abort(new Error('stop'));
    await expect(call).rejects.toThrow('stop');
  });

  it('says which endpoint could not be reached without naming the URL', async () => {
    const call = client(['http://127.0.0.1:1/secret-key']).call('getSlot', []);
    await expect(call).rejects.toThrow(/^getSlot on 127\.0\.0\.1:1: (ECONNREFUSED|the connection failed)\.$/);
  });

  it('reads Retry-After as seconds and as a date', () => {
    expect(retryAfterMs('2', 0)).toBe(2000);
    expect(retryAfterMs(new Date(5000).toUTCString(), 2000)).toBe(3000);
    expect(retryAfterMs(undefined, 0)).toBeUndefined();
    expect(retryAfterMs('soon', 0)).toBeUndefined();
  });
});
