/** What the subscription told of, and what becomes of it when nobody has written it. */

import { describe, expect, it } from '@jest/globals';
import { BenchListener } from '../../simulation/ingest/bench-listener.ts';
import { claimsAt, serve, stopsServers } from './testing/bench-servers.ts';
import { claimTransaction } from './testing/claim-transactions.ts';

stopsServers();

describe('what the subscription told of and nobody wrote', () => {
  it('shown by no walk, but final: looked up, written, then the watermark', async () => {
    const hidden = claimTransaction({ slot: 50 });
    let known = false;
    let listed = false;
    const server = await serve([...claimsAt(40, 60), hidden], {
      hides: (signature) => !listed && signature === hidden.signature,
      interfere: ({ method, params }) =>
        !known && params[0] === hidden.signature && method === 'getTransaction' ? { result: null } : undefined,
    });
    const listener = new BenchListener({ urls: [server.url] });
    await listener.notice(hidden.signature, 50);
    for (let rounds = 0; rounds < 12; rounds += 1) await listener.round();
    expect(listener.cursorSlot).toBe(49);
    expect(listener.noted.blocked).toContain('SIGNATURE_UNEXPLAINED');
    known = true;
    await listener.round();
    expect(listener.events.map(({ slot }) => slot).sort()).toEqual([40, 50, 60]);
    expect(listener.cursorSlot).toBe(49);
    listed = true;
    await listener.roundsUntil(100, 20);
    expect(listener.events).toHaveLength(3);
  });

  it('gone with its fork: two look-ups that find nothing, then the watermark goes on', async () => {
    const server = await serve(claimsAt(40, 60));
    const listener = new BenchListener({ urls: [server.url] });
    await listener.notice(claimTransaction({ slot: 50 }).signature, 50);
    await listener.roundsUntil(100, 20);
    expect(listener.events).toHaveLength(2);
    expect(server.calls('getSignatureStatuses')).toBe(2);
  });
});
