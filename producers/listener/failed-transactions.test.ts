/** Failed transactions that anybody can put on the program's address for nothing: no call, no record, no delay. */

import { describe, expect, it } from '@jest/globals';
import { BenchListener } from '../../simulation/ingest/bench-listener.ts';
import { claimsAt, serve, stopsServers } from './testing/bench-servers.ts';
import { claimTransaction } from './testing/claim-transactions.ts';
import type { FixtureTransaction } from './testing/fixture-rpc.ts';

stopsServers();

const spam = (count: number): FixtureTransaction[] =>
  Array.from({ length: count }, (_, number) => claimTransaction({ slot: 10 + (number % 80), failed: true }));

describe('an address filled with failed transactions', () => {
  it('skipped: fetches and records follow the claims, and the watermark counts the rest', async () => {
    const server = await serve([...claimsAt(5, 95), ...spam(600)]);
    const listener = new BenchListener({ urls: [server.url], skipFailed: true });
    const [failed] = spam(1) as [FixtureTransaction];
    listener.live.offer({ signature: failed.signature, slot: 50, failed: true });
    await listener.live.idle();
    await listener.roundsUntil(100);
    expect(server.calls('getTransaction')).toBe(2);
    expect(listener.events.map(({ slot }) => slot)).toEqual([5, 95]);
    const counts = listener.topic.records.flatMap(({ content, partition }) =>
      content.kind === 'watermark' && partition === 0 ? [content.watermark.signatures] : [],
    );
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(602);
  });

  it('written where that is asked for', async () => {
    const listener = new BenchListener({ urls: [(await serve([...claimsAt(5), ...spam(10)])).url] });
    await listener.roundsUntil(100);
    expect(listener.events.filter(({ succeeded }) => !succeeded)).toHaveLength(10);
  });

  it('skipped, but seen as a success at confirmed: the failure is written, so that the success does not stand', async () => {
    const server = await serve(claimsAt(5));
    const listener = new BenchListener({ urls: [server.url], skipFailed: true });
    const seen = claimTransaction({ slot: 150 });
    server.add([seen]);
    await listener.notice(seen.signature, 150);
    const answer = seen.answer as { meta: object };
    server.add([
      { ...seen, failed: true, answer: { ...answer, meta: { ...answer.meta, err: { InstructionError: [0, 'x'] } } } },
    ]);
    server.finalizedSlot = 200;
    await listener.roundsUntil(200);
    const last = listener.events.filter(({ signature }) => signature === seen.signature).at(-1);
    expect(last).toMatchObject({ succeeded: false, commitment: 'finalized' });
  });

  it('skipped, called failed by one provider and not by the other: fetched', async () => {
    const claim = claimTransaction({ slot: 50 });
    const truth = await serve([...claimsAt(5), claim]);
    const wrong = await serve([...claimsAt(5), claim], {
      interfere: ({ method }) =>
        method === 'getSignaturesForAddress'
          ? { result: [{ signature: claim.signature, slot: 50, blockTime: claim.blockTime, err: {} }] }
          : undefined,
    });
    const listener = new BenchListener({ urls: [wrong.url, truth.url], skipFailed: true });
    for (let rounds = 0; rounds < 8; rounds += 1) await listener.round().catch(() => undefined);
    expect(listener.events.some(({ signature }) => signature === claim.signature)).toBe(true);
  });
});
