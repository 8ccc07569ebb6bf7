import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { RpcEndpoints } from './rpc-endpoints.ts';

/** What a node does with a transaction; `silent`: keeps the connection, never answers. */
type Manner = 'takes' | 'refuses' | 'silent';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function node(manner: Manner): Promise<{ url: string; taken: () => number; asked: Promise<unknown> }> {
  let taken = 0;
  const asked = Promise.withResolvers<undefined>();
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      asked.resolve(undefined);
      if (manner === 'silent') return;
      if (manner === 'takes') taken += 1;
      const body = manner === 'takes' ? { result: 'signature' } : { error: { code: -32003, message: 'no' } };
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id: '1', ...body }));
    });
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, taken: () => taken, asked: asked.promise };
}

function told(urls: readonly string[], senders: readonly string[], patienceMs: number): Promise<void> {
  const endpoints = new RpcEndpoints(urls, 600_000, new AbortController().signal, senders);
  const send = endpoints.tellAll('sendTransaction', (rpc) => rpc.sendRawTransaction(Buffer.of(1)), patienceMs);
  return send;
}

describe('a transaction is given to every endpoint and sender at once', () => {
  it.each([
    ['endpoint', 'takes', 'refuses', 'silent'],
    ['other endpoint', 'silent', 'takes', 'refuses'],
    ['block engine', 'refuses', 'silent', 'takes'],
  ] as const)('is out when one %s takes it, whatever the others do', async (_who, first, second, engine) => {
    const [a, b, c] = [await node(first), await node(second), await node(engine)];
    // Longer than any test waits: silence is not waited for.
    await told([a.url, b.url], [c.url], 600_000);
    await Promise.all([a.asked, b.asked, c.asked]);
    expect(a.taken() + b.taken() + c.taken()).toBe(1);
  });

  it('keeps nobody waiting where all are silent or refuse', async () => {
    const [silent, refusing] = [await node('silent'), await node('refuses')];
    await expect(told([silent.url], [refusing.url], 50)).rejects.toMatchObject({
      code: 'RPC_UNAVAILABLE',
      retryable: true,
    });
    await expect(told([refusing.url], [refusing.url], 600_000)).rejects.toMatchObject({ code: 'RPC_FAILED' });
  });
});
