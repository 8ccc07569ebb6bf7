/** RPC answers that are wrong, cut short or empty: none of them may become "there is nothing". */

import { PROGRAM_ID } from '@attention-oracle/sdk';
import { describe, expect, it } from '@jest/globals';
import { BenchListener } from '../../simulation/ingest/bench-listener.ts';
import { claimsAt, serve, stopsServers } from './testing/bench-servers.ts';
import { claimTransaction } from './testing/claim-transactions.ts';
import { type FixtureTransaction } from './testing/fixture-rpc.ts';

stopsServers();

const signatures = (listener: BenchListener): Set<string> => new Set(listener.events.map(({ signature }) => signature));

function without(claim: FixtureTransaction, part: 'innerInstructions' | 'loadedAddresses'): FixtureTransaction {
  const answer = claim.answer as { meta: object };
  return { ...claim, answer: { ...answer, meta: { ...answer.meta, [part]: null } } };
}

/** Its accounts name another program. */
function renamed(claim: FixtureTransaction): FixtureTransaction {
  const text = JSON.stringify(claim.answer).replaceAll(PROGRAM_ID, '11111111111111111111111111111111');
  return { ...claim, answer: JSON.parse(text) as unknown };
}

describe('answers that contradict', () => {
  it.each(['honoured', 'filters', 'ignored', 'rejected'] as const)(
    'a node of which minContextSlot is %s: gives the same events, and its empty answers prove nothing',
    async (minContext) => {
      const transactions = claimsAt(...Array.from({ length: 20 }, (_, number) => 10 * number + 3));
      const server = await serve(transactions, { minContext });
      server.finalizedSlot = 216;
      const listener = new BenchListener({ urls: [server.url] });
      await listener.roundsUntil(216, 40);
      expect(signatures(listener)).toEqual(new Set(transactions.map(({ signature }) => signature)));
      server.add(claimsAt(300));
      server.finalizedSlot = 400;
      await listener.roundsUntil(400, 40);
      expect(signatures(listener).size).toBe(21);
    },
  );

  it('a node that begins to filter behind an address that refused: its empty page is asked again without', async () => {
    const transactions = claimsAt(5, 50, 60);
    let filters = false;
    const server = await serve(transactions, {
      interfere: ({ method, params }) => {
        const { minContextSlot } = (params[1] ?? {}) as { minContextSlot?: number };
        return filters && method === 'getSignaturesForAddress' && minContextSlot !== undefined
          ? { result: [] }
          : undefined;
      },
    });
    const listener = new BenchListener({ urls: [server.url] });
    server.finalizedSlot = 40;
    await listener.roundsUntil(40);
    filters = true;
    server.finalizedSlot = 100;
    await listener.roundsUntil(100, 40);
    expect(signatures(listener)).toEqual(new Set(transactions.map(({ signature }) => signature)));
  });

  it.each([
    ['two providers', { blocks: false, beside: true }],
    ['one provider that serves blocks', { blocks: true, beside: false }],
    ['two providers, of which the one that hides serves blocks', { blocks: true, beside: true }],
  ])('a row left out by one provider for hours: written before the watermark, with %s', async (_what, shape) => {
    const claims = claimsAt(5, 50, 60);
    const hides = (signature: string): boolean => signature === claims[1]?.signature;
    const urls = [(await serve(claims, { hides, blocks: shape.blocks })).url];
    if (shape.beside) urls.push((await serve(claims)).url);
    const listener = new BenchListener({ urls });
    await listener.roundsUntil(100, 40);
    expect(signatures(listener)).toEqual(new Set(claims.map(({ signature }) => signature)));
  });

  it('a block that does not follow the one before it: nothing is proven, and the sentence names both', async () => {
    const server = await serve(claimsAt(5, 50), {
      blocks: true,
      interfere: ({ method, params: [from, to] }) => {
        if (method !== 'getBlocks') return undefined;
        const slots = Array.from({ length: 101 }, (_, slot) => slot);
        return { result: slots.filter((slot) => slot >= Number(from) && slot <= Number(to) && slot !== 50) };
      },
    });
    const listener = new BenchListener({ urls: [server.url] });
    await expect(listener.round()).rejects.toThrow(/block 51 follows block 50, not block 49/);
    expect(listener.watermarks).toEqual([]);
  });

  it('a block without its transactions: unknown, not empty', async () => {
    const server = await serve(claimsAt(5, 50), {
      blocks: true,
      interfere: ({ method, params }) =>
        method === 'getBlock' && params[0] === 50
          ? { result: { parentSlot: 49, blockhash: 'hash-50', previousBlockhash: 'hash-49', blockTime: 1 } }
          : undefined,
    });
    const listener = new BenchListener({ urls: [server.url] });
    await expect(listener.round()).rejects.toMatchObject({ code: 'RPC_INCOMPLETE' });
    expect(listener.watermarks).toEqual([]);
  });

  it('by blocks: nothing is asked for that came with its block, and the watermark says how it was proven', async () => {
    const server = await serve(claimsAt(5, 50), { blocks: true });
    const listener = new BenchListener({ urls: [server.url] });
    await listener.roundsUntil(100, 1);
    expect(server.calls('getTransaction') + server.calls('getSignaturesForAddress')).toBe(0);
    const marks = listener.topic.records.flatMap(({ content }) =>
      content.kind === 'watermark' ? [content.watermark] : [],
    );
    expect(marks.map(({ method, signatures: count }) => `${method} ${count}`)).toContain('blocks 2');
  });

  it('inner instructions not recorded (null): unknown, not none; the watermark waits below it', async () => {
    const inner = claimTransaction({ slot: 50, inner: true });
    const cut = without(inner, 'innerInstructions');
    const server = await serve([claimTransaction({ slot: 40 }), cut]);
    const listener = new BenchListener({ urls: [server.url] });
    for (let rounds = 0; rounds < 8; rounds += 1) await listener.round();
    expect(listener.cursorSlot).toBe(49);
    expect(listener.noted.blocked).toContain('TRANSACTION_INCOMPLETE');
    server.add([inner]);
    await listener.roundsUntil(100);
    expect(listener.events.map(({ slot }) => slot)).toEqual([40, 50]);
    expect(listener.topic.deadLetters).toEqual([]);
  });

  it('inner instructions null in a transaction that failed: it called nothing, and is kept as failed', async () => {
    const failed = without(claimTransaction({ slot: 50, failed: true }), 'innerInstructions');
    const listener = new BenchListener({ urls: [(await serve([failed])).url] });
    await listener.roundsUntil(100);
    expect(listener.events.map(({ succeeded }) => succeeded)).toEqual([false]);
  });

  it.each([
    ['has no inner instructions', (claim: FixtureTransaction) => without(claim, 'innerInstructions')],
    ['has no loaded addresses', (claim: FixtureTransaction) => without(claim, 'loadedAddresses')],
    ['has no meta', (claim: FixtureTransaction) => ({ ...claim, answer: { ...(claim.answer as object), meta: null } })],
    ['names another program', (claim: FixtureTransaction) => renamed(claim)],
    [
      'is of another slot',
      (claim: FixtureTransaction) => ({ ...claim, answer: { ...(claim.answer as object), slot: 49 } }),
    ],
    [
      'is garbled',
      (claim: FixtureTransaction) => ({ ...claim, answer: { slot: 50, meta: { fee: 1 }, transaction: 7 } }),
    ],
  ])('an answer that %s: the other endpoint is asked, and the wrong one is named', async (_what, spoil) => {
    const claim = claimTransaction({ slot: 50, version: 0, inner: true, lookedUp: true });
    const wrong = await serve([spoil(claim)]);
    const right = await serve([claim], {
      // It has nothing until the other one was asked.
      interfere: ({ method }) =>
        method === 'getTransaction' && wrong.calls('getTransaction') === 0 ? { result: null } : undefined,
    });
    const listener = new BenchListener({ urls: [wrong.url, right.url] });
    await listener.roundsUntil(100, 40);
    expect(listener.events.map(({ slot, instruction }) => `${slot} ${instruction.action}`)).toEqual(['50 claim']);
    expect(listener.topic.deadLetters).toEqual([]);
    expect(listener.noted.wrong.every((each) => each.startsWith(new URL(wrong.url).host))).toBe(true);
    expect(listener.noted.wrong.length).toBeGreaterThan(0);
  });

  it('garbled at one endpoint while the other does not answer: held, no dead letter', async () => {
    const claim = claimTransaction({ slot: 50 });
    const garbled = { ...claim, answer: { slot: 50, meta: { fee: 1 }, transaction: 7 } };
    let silent = true;
    const early = claimTransaction({ slot: 5 });
    const other = await serve([early, claim], {
      interfere: ({ method, params }) =>
        silent && params[0] === claim.signature && method === 'getTransaction' ? { result: null } : undefined,
    });
    const listener = new BenchListener({ urls: [(await serve([early, garbled])).url, other.url] });
    for (let rounds = 0; rounds < 10; rounds += 1) await listener.round();
    expect(listener.topic.deadLetters).toEqual([]);
    expect(listener.cursorSlot).toBeLessThan(50);
    silent = false;
    await listener.roundsUntil(100, 40);
    expect(listener.events).toHaveLength(2);
  });
});
