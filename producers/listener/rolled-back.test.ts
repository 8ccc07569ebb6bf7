/** What came at confirmed and finality did not keep, round by round. */

import { afterEach, describe, expect, it } from '@jest/globals';
import { BenchListener } from '../../simulation/ingest/bench-listener.ts';
import { claimTransaction } from './testing/claim-transactions.ts';
import { FixtureRpc } from './testing/fixture-rpc.ts';

let server: FixtureRpc;
afterEach(() => server.stop());

async function listening(): Promise<BenchListener> {
  server = await FixtureRpc.start({ webSocket: false, blocks: true });
  server.add([claimTransaction({ slot: 5 })]);
  server.finalizedSlot = 100;
  const listener = new BenchListener({ urls: [server.url] });
  await listener.round();
  return listener;
}

describe('an event at confirmed that finality does not show', () => {
  it('is looked up twice, in two rounds, before it is taken back', async () => {
    const listener = await listening();
    const lost = claimTransaction({ slot: 110 });
    server.add([lost]);
    await listener.notice(lost.signature, 110);
    server.remove(lost.signature);
    server.finalizedSlot = 120;
    await listener.round();
    expect(listener.noted.retracted).toEqual([]);
    expect(listener.cursorSlot).toBe(109);
    await listener.round();
    expect(listener.noted.retracted).toEqual([lost.signature]);
    expect(listener.cursorSlot).toBe(120);
  });

  it('is not even asked for when it is told of at or below the watermark', async () => {
    const listener = await listening();
    const late = claimTransaction({ slot: 60 });
    server.add([late]);
    await listener.notice(late.signature, 60);
    await listener.notice(late.signature, 100);
    expect(server.calls('getTransaction')).toBe(0);
  });

  it('is not written when it turns out to stand below the watermark, whatever slot it was told of', async () => {
    const listener = await listening();
    const late = claimTransaction({ slot: 60 });
    server.add([late]);
    await listener.notice(late.signature, 101);
    expect(server.calls('getTransaction')).toBeGreaterThan(0);
    expect(listener.events.map(({ signature }) => signature)).not.toContain(late.signature);
  });
});
