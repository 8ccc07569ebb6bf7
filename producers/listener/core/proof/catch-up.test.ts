import { describe, expect, it } from '@jest/globals';
import { BenchListener } from '../../../../simulation/ingest/bench-listener.ts';
import { claimTransaction } from '../../testing/claim-transactions.ts';
import { FixtureRpc } from '../../testing/fixture-rpc.ts';

/** Pages of signatures that are asked for until 30 signatures are proven chunk by chunk. */
async function walksFor(hiddenInScan: boolean): Promise<number> {
  const claims = Array.from({ length: 30 }, (_, slot) => claimTransaction({ slot: slot + 1 }));
  let scanning = true;
  let pages = 0;
  const server = await FixtureRpc.start({
    webSocket: false,
    // Of the newest chunk: the first walk of the oldest begins while it is still hidden.
    hides: (signature) => hiddenInScan && scanning && signature === claims[25]?.signature,
    pageRows: 5,
    interfere: ({ method, params }) => {
      const config = params[1] as { limit?: number; before?: string } | undefined;
      if (method !== 'getSignaturesForAddress' || config?.limit === 1) return undefined;
      pages += 1;
      return undefined;
    },
  });
  try {
    server.add(claims);
    server.finalizedSlot = 40;
    server.afterCall = (method) => {
      if (method === 'getTransaction') scanning = false;
    };
    const listener = new BenchListener({ urls: [server.url], chunkRows: 10 });
    await listener.roundsUntil(40, 4);
    expect(new Set(listener.events.map(({ signature }) => signature)).size).toBe(30);
    return pages;
  } finally {
    await server.stop();
  }
}

describe('catching up chunk by chunk', () => {
  it('counts the scan as a walk of a chunk only when it showed the same rows', async () => {
    const whole = await walksFor(false);
    expect(await walksFor(true)).toBeGreaterThan(whole);
  });
});
