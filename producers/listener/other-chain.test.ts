/** RPC servers of another chain, or without the history that comes next: refused, never proven on. */

import { afterEach, describe, expect, it } from '@jest/globals';
import { BenchListener, memoryTopic } from '../../simulation/ingest/bench-listener.ts';
import { claimTransaction } from './testing/claim-transactions.ts';
import { FixtureRpc, type FixtureTransaction } from './testing/fixture-rpc.ts';

const servers: FixtureRpc[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

interface Served {
  readonly transactions?: readonly FixtureTransaction[];
  readonly genesisHash?: string;
  readonly firstSlot?: number;
  readonly tip?: number;
}

async function serve({ transactions = [claimTransaction({ slot: 5 })], ...rest }: Served = {}): Promise<FixtureRpc> {
  const server = await FixtureRpc.start({ webSocket: false });
  server.add(transactions);
  server.finalizedSlot = rest.tip ?? 100;
  server.genesisHash = rest.genesisHash ?? server.genesisHash;
  server.firstSlot = rest.firstSlot ?? 0;
  servers.push(server);
  return server;
}

describe('another chain behind the RPC', () => {
  it('other genesis than the one that was read until now: no record, no watermark', async () => {
    const topic = memoryTopic();
    const early = claimTransaction({ slot: 5 });
    await new BenchListener({ urls: [(await serve({ transactions: [early] })).url], topic }).roundsUntil(100);
    const written = topic.records.length;
    const other = await serve({
      transactions: [early, claimTransaction({ slot: 150 })],
      genesisHash: 'other',
      tip: 200,
    });
    const listener = new BenchListener({ urls: [other.url], topic });
    for (let rounds = 0; rounds < 4; rounds += 1) {
      await expect(listener.round()).rejects.toMatchObject({ code: 'CHAIN_DIFFERS' });
    }
    expect(topic.records).toHaveLength(written);
    other.genesisHash = servers[0]?.genesisHash ?? '';
    await listener.roundsUntil(200);
  });

  it('the chain becomes another one within a round: nothing is proven by it', async () => {
    const server = await serve();
    const listener = new BenchListener({ urls: [server.url] });
    const answered = server.calls('getGenesisHash');
    expect(answered).toBe(0);
    server.afterCall = (method) => {
      if (method === 'getSlot') server.genesisHash = 'other';
    };
    for (let rounds = 0; rounds < 5; rounds += 1) await listener.round().catch(() => undefined);
    expect(listener.watermarks).toEqual([]);
  });

  it('endpoints of two clusters: refused, whichever of them answers first', async () => {
    const urls = [(await serve()).url, (await serve({ genesisHash: 'other' })).url];
    for (const order of [urls, urls.toReversed()]) {
      const listener = new BenchListener({ urls: order });
      await expect(listener.round()).rejects.toMatchObject({ code: 'CHAIN_DIFFERS' });
      expect(listener.topic.records).toEqual([]);
    }
  });

  it('finalised tip below the cursor: refused until the chain is where it was', async () => {
    const topic = memoryTopic();
    const server = await serve();
    await new BenchListener({ urls: [server.url], topic }).roundsUntil(100);
    server.finalizedSlot = 60;
    const listener = new BenchListener({ urls: [server.url], topic });
    await expect(listener.round()).rejects.toMatchObject({ code: 'TIP_BELOW_CURSOR' });
    server.finalizedSlot = 120;
    await listener.roundsUntil(120);
  });

  it('keeps the genesis hash with the cursor', async () => {
    const listener = new BenchListener({ urls: [(await serve({ genesisHash: 'Gen3s1s' })).url] });
    await listener.roundsUntil(100);
    expect(listener.topic.cursor('bench')?.genesisHash).toBe('Gen3s1s');
  });
});

describe('a pruned RPC server', () => {
  const claims = [401, 402, 403, 405, 407].map((slot) => claimTransaction({ slot }));

  it('read from genesis: nothing is proven, and the sentence names the slot to begin at', async () => {
    const server = await serve({ transactions: claims, firstSlot: 404, tip: 500 });
    const listener = new BenchListener({ urls: [server.url] });
    await expect(listener.round()).rejects.toThrow(/begins at slot 404.*START_SLOT=404/);
    expect(listener.watermarks).toEqual([]);
    const later = new BenchListener({ urls: [server.url], fromSlot: 404 });
    await later.roundsUntil(500);
    expect(later.events.map(({ slot }) => slot)).toEqual([405, 407]);
  });

  it('below the cursor of a listener that had seen nothing: holds instead of proving the hole', async () => {
    const topic = memoryTopic();
    const early = claimTransaction({ slot: 5 });
    await new BenchListener({ urls: [(await serve({ transactions: [early] })).url], topic }).roundsUntil(100);
    const pruned = await serve({ transactions: claims, firstSlot: 404, tip: 500 });
    const listener = new BenchListener({ urls: [pruned.url], topic });
    await expect(listener.round()).rejects.toMatchObject({ code: 'HISTORY_TOO_SHORT' });
    expect(listener.cursorSlot).toBe(100);
  });

  it('beside one with the whole history: the whole one is read, the pruned one is named', async () => {
    const pruned = await serve({ transactions: claims, firstSlot: 404, tip: 500 });
    const whole = await serve({ transactions: claims, tip: 500 });
    const listener = new BenchListener({ urls: [pruned.url, whole.url] });
    await listener.roundsUntil(500, 40);
    expect(new Set(listener.events.map(({ slot }) => slot)).size).toBe(5);
    expect(listener.noted.wrong).toContain(`${new URL(pruned.url).host} HISTORY_TOO_SHORT`);
  });
});
