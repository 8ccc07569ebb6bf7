import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AttentionOracleError } from '../index.ts';
import { createGatewayClient, type GatewayClient } from './gateway-client.ts';
import { type Answer, item, ScriptedGateway, STANDS_AT } from './testing/scripted-gateway.ts';

let gateway: ScriptedGateway;
let client: GatewayClient | undefined;

beforeEach(async () => {
  gateway = await ScriptedGateway.start();
});
afterEach(async () => {
  await client?.close();
  gateway.stop();
});

function connected(options: Partial<Parameters<typeof createGatewayClient>[0]> = {}): GatewayClient {
  client = createGatewayClient({ url: gateway.url, ...options });
  return client;
}

async function epochs(from: GatewayClient, count: number): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const { settlementUpdated } of from.settlementUpdated({ channel: 'lacy' })) {
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
    [
      'cannot go on by itself',
      (send) => send('error', [{ message: 'again', extensions: { code: 'RESUME_FROM_CURSOR' } }]),
    ],
  ] as [string, Answer][])('goes on after the last item when a gateway %s', async (_what, end) => {
    let reconnects = 0;
    gateway.answers.push(
      (send, socket) => {
        send('next', item('1'));
        send('next', item('2'));
        end(send, socket);
      },
      (send) => send('next', item('3')),
    );
    await expect(epochs(connected({ onReconnect: () => (reconnects += 1) }), 3)).resolves.toEqual(['1', '2', '3']);
    expect(gateway.begun).toEqual([STANDS_AT, 'after 2']);
    expect(reconnects).toBeGreaterThan(0);
  });

  it('misses nothing of the time before its first item: it begins where the gateway stood when it was asked for', async () => {
    gateway.answers.push(
      (_send, socket) => socket.close(1001, 'going away'),
      (send) => send('next', item('1')),
    );
    await expect(epochs(connected(), 1)).resolves.toEqual(['1']);
    expect(gateway.begun).toEqual([STANDS_AT, STANDS_AT]);
  });

  it('begins after the cursor that it is given', async () => {
    gateway.answers.push((send) => send('next', item('8')));
    for await (const { settlementUpdated } of connected().settlementUpdated({ after: 'after 7' })) {
      expect(settlementUpdated.epoch).toBe('8');
      break;
    }
    expect(gateway.begun).toEqual(['after 7']);
  });

  it('throws what the gateway refuses', async () => {
    gateway.answers.push((send) =>
      send('error', [{ message: 'no such channel', extensions: { code: 'BAD_USER_INPUT' } }]),
    );
    await expect(epochs(connected(), 1)).rejects.toMatchObject({
      code: 'GATEWAY_REFUSED',
      message: 'no such channel',
      context: { code: 'BAD_USER_INPUT' },
    });
  });

  it('goes on after an item with errors, which is told', async () => {
    const told: AttentionOracleError[] = [];
    gateway.answers.push((send) => {
      send('next', { data: null, errors: [{ message: 'no database', extensions: { code: 'UNAVAILABLE' } }] });
      send('next', item('7'));
    });
    await expect(epochs(connected({ onItemError: (error) => told.push(error) }), 1)).resolves.toEqual(['7']);
    expect(told).toMatchObject([{ code: 'GATEWAY_REFUSED', message: 'no database', context: { code: 'UNAVAILABLE' } }]);
  });

  it('takes the WebSocket of the package ws where the runtime has none', async () => {
    const own = globalThis.WebSocket;
    Object.assign(globalThis, { WebSocket: undefined });
    try {
      gateway.answers.push((send) => send('next', item('1')));
      await expect(epochs(connected(), 1)).resolves.toEqual(['1']);
    } finally {
      Object.assign(globalThis, { WebSocket: own });
    }
  });
});
