import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type WebSocket, WebSocketServer } from 'ws';
import type { AttentionOracleError } from '../index.ts';
import { createGatewayClient, type GatewayClient } from './gateway-client.ts';

/** What the gateway sends to the first subscription, the second, and so on: items, then how it ends. */
type Answer = (send: (type: 'next' | 'complete', payload?: object) => void, socket: WebSocket) => void;

let server: WebSocketServer;
let answers: Answer[];
let client: GatewayClient | undefined;

beforeEach(async () => {
  answers = [];
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'graphql-transport-ws' });
  server.on('connection', (socket) => {
    socket.on('message', (bytes: Buffer) => {
      const { type, id } = JSON.parse(bytes.toString('utf8')) as { type: string; id?: string };
      if (type === 'connection_init') socket.send(JSON.stringify({ type: 'connection_ack' }));
      if (type !== 'subscribe') return;
      answers.shift()?.((kind, payload) => socket.send(JSON.stringify({ type: kind, id, payload })), socket);
    });
  });
  await once(server, 'listening');
});
afterEach(async () => {
  await client?.close();
  for (const socket of server.clients) socket.terminate();
  server.close();
});

function connected(options: Partial<Parameters<typeof createGatewayClient>[0]> = {}): GatewayClient {
  const { port } = server.address() as AddressInfo;
  client = createGatewayClient({ url: `http://127.0.0.1:${port}/graphql`, ...options });
  return client;
}

function item(epoch: string): object {
  return { data: { settlementUpdated: { epoch } } };
}

async function epochs(gateway: GatewayClient, count: number): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const { settlementUpdated } of gateway.settlementUpdated({ channel: 'lacy' })) {
    seen.push(settlementUpdated.epoch);
    if (seen.length === count) break;
  }
  return seen;
}

describe('a subscription', () => {
  it.each([
    ['completes its subscriptions', (send) => send('complete')],
    ['completes and closes', (send, socket) => (send('complete'), socket.close(1001, 'going away'))],
    ['closes', (_send, socket) => socket.close(1001, 'going away')],
  ] as [string, Answer][])('goes on after the restart of a gateway that %s', async (_what, end) => {
    let reconnects = 0;
    answers.push(
      (send, socket) => {
        send('next', item('1'));
        end(send, socket);
      },
      (send) => send('next', item('2')),
    );
    await expect(epochs(connected({ onReconnect: () => (reconnects += 1) }), 2)).resolves.toHaveLength(2);
    expect(reconnects).toBeGreaterThan(0);
  });

  it('goes on after an item with errors, which is told', async () => {
    const told: AttentionOracleError[] = [];
    answers.push((send) => {
      send('next', { data: null, errors: [{ message: 'no database', extensions: { code: 'UNAVAILABLE' } }] });
      send('next', item('7'));
    });
    await expect(epochs(connected({ onItemError: (error) => told.push(error) }), 1)).resolves.toHaveLength(1);
    expect(told).toMatchObject([{ code: 'GATEWAY_REFUSED', message: 'no database', context: { code: 'UNAVAILABLE' } }]);
  });

  it('says what to do where the runtime has no WebSocket', async () => {
    const own = globalThis.WebSocket;
    Object.assign(globalThis, { WebSocket: undefined });
    try {
      await expect(async () => epochs(connected(), 1)).rejects.toMatchObject({
        code: 'WEBSOCKET_MISSING',
        message: expect.stringContaining('install `ws`'),
      });
    } finally {
      Object.assign(globalThis, { WebSocket: own });
    }
  });
});
