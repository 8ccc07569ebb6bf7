import { afterEach, describe, expect, it } from '@jest/globals';
import { websocketUrls } from '../../../../runtime/websocket-urls.ts';
import { until } from '../../../../tests/testing/until.ts';
import type { LiveSignature } from '../../core/live/live-path.ts';
import { claimTransaction } from '../../testing/claim-transactions.ts';
import { type FixtureOptions, FixtureRpc } from '../../testing/fixture-rpc.ts';
import { Subscription, type SubscriptionOptions } from './subscription.ts';

const open: { stop(): Promise<void> | void }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.stop();
});

async function serve(options: FixtureOptions = {}): Promise<FixtureRpc> {
  const server = await FixtureRpc.start(options);
  open.push(server);
  return server;
}

interface Watched {
  readonly subscription: Subscription;
  readonly signatures: LiveSignature[];
  readonly slots: number[];
  readonly downs: string[];
  ups: number;
}

function subscribe(urls: readonly string[], options: Partial<SubscriptionOptions> = {}): Watched {
  const watched = { signatures: [], slots: [], downs: [], ups: 0 } as unknown as {
    -readonly [K in keyof Watched]: Watched[K];
  };
  watched.subscription = new Subscription({
    urls,
    programId: 'program',
    stallMs: 5000,
    commitment: () => 'confirmed',
    onSignature: (signature) => watched.signatures.push(signature),
    onSlot: (slot) => watched.slots.push(slot),
    onUp: () => (watched.ups += 1),
    onDown: (reason) => watched.downs.push(reason),
    ...options,
  });
  open.unshift(watched.subscription);
  watched.subscription.start();
  return watched;
}

const ws = (server: FixtureRpc): string => server.url.replace('http', 'ws');

describe('subscription', () => {
  it('tells of signatures with their slots, and of slots', async () => {
    const server = await serve();
    const watched = subscribe([ws(server)]);
    await until('subscribed', () => watched.subscription.isUp);
    const claim = claimTransaction({ slot: 7 });
    server.announce(claim);
    server.announceSlot(8);
    await until('told', () => watched.signatures.length > 0 && watched.slots.length > 0);
    expect(watched.signatures).toEqual([{ signature: claim.signature, slot: 7, failed: false }]);
    expect(watched.slots).toEqual([8]);
  });

  it('WebSocket drops: connects again, and says so, so that the gap is filled', async () => {
    const server = await serve();
    const watched = subscribe([ws(server)]);
    await until('subscribed', () => watched.ups === 1);
    server.dropSockets();
    await until('subscribed again', () => watched.ups === 2);
    expect(watched.downs).toEqual(['closed']);
  });

  it('WebSocket silently stalls: slots that came and stopped end the connection', async () => {
    const server = await serve();
    const watched = subscribe([ws(server)], { stallMs: 150 });
    await until('subscribed', () => watched.ups === 1);
    server.announceSlot(1);
    await until('given up', () => watched.downs.includes('stalled'));
    await until('subscribed again', () => watched.ups === 2);
  });

  it('a chain that stands still is no stall: the server answers pings', async () => {
    const server = await serve();
    const watched = subscribe([ws(server)], { stallMs: 120 });
    await until('subscribed', () => watched.ups === 1);
    const other = subscribe([ws(server)], { stallMs: 120 });
    await until('subscribed', () => other.ups === 1);
    other.subscription.stop();
    server.announce(claimTransaction({ slot: 1 }));
    await until('told after several stall times', () => watched.signatures.length === 1);
    expect(watched.downs).toEqual([]);
  });

  it('works with a server that knows no slotSubscribe', async () => {
    const server = await serve({ slots: false });
    const watched = subscribe([ws(server)]);
    await until('subscribed', () => watched.subscription.isUp);
    server.announce(claimTransaction({ slot: 7 }));
    await until('told', () => watched.signatures.length === 1);
  });

  it('tries the next address when one refuses', async () => {
    const server = await serve();
    const watched = subscribe(['ws://127.0.0.1:1', ws(server)]);
    await until('subscribed', () => watched.subscription.isUp);
    expect(watched.downs).toEqual(['refused']);
  });

  it('does not flood an address that keeps refusing: the waits grow', async () => {
    const watched = subscribe(['ws://127.0.0.1:1']);
    const startedMs = Date.now();
    await until('four refusals', () => watched.downs.length >= 4);
    // 125 + 250 + 500 ms at least, by halves of 250, 500 and 1000.
    expect(Date.now() - startedMs).toBeGreaterThan(850);
  });

  it('connects again when it is caught missing transactions', async () => {
    const server = await serve();
    const watched = subscribe([ws(server)]);
    await until('subscribed', () => watched.ups === 1);
    watched.subscription.suspect('missed 3 transactions');
    await until('subscribed again', () => watched.ups === 2);
    expect(watched.downs).toEqual(['suspected']);
  });

  it('guesses the WebSocket address: the same port, then the one above', () => {
    expect(websocketUrls('http://127.0.0.1:8899')).toEqual(['ws://127.0.0.1:8899/', 'ws://127.0.0.1:8900/']);
    expect(websocketUrls('https://rpc.example.org/key')).toEqual(['wss://rpc.example.org/key']);
  });
});
