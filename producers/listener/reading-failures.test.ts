/** What goes wrong between Solana and Kafka when reading, one test for each known failure. */

import { describe, expect, it } from '@jest/globals';
import { BenchListener, memoryTopic } from '../../simulation/ingest/bench-listener.ts';
import { claimsAt, serve, stopsServers } from './testing/bench-servers.ts';
import { claimTransaction } from './testing/claim-transactions.ts';
import { type FixtureTransaction } from './testing/fixture-rpc.ts';
import { madeUpTransactions } from './testing/fixture-transactions.ts';

stopsServers();

const signatures = (listener: BenchListener): Set<string> => new Set(listener.events.map(({ signature }) => signature));

describe('reading from Solana', () => {
  it('gap larger than a node’s replay window: walks back to the stored cursor, however far it is', async () => {
    const topic = memoryTopic();
    const early = claimsAt(3);
    const before = new BenchListener({ urls: [(await serve(early)).url], topic });
    await before.roundsUntil(100);
    const later = madeUpTransactions(1200, 20).map((each) => {
      const slot = each.slot + 200;
      return { ...each, slot, answer: { ...(each.answer as object), slot } };
    });
    const server = await serve([...early, ...later]);
    server.finalizedSlot = 1000;
    const after = new BenchListener({ urls: [server.url], topic });
    await after.roundsUntil(1000);
    expect(server.calls('getTransaction')).toBe(1200);
    expect(after.cursorSlot).toBe(1000);
  });

  it('gap that the node’s history does not reach: stops with an error rather than leave a hole', async () => {
    const topic = memoryTopic();
    await new BenchListener({ urls: [(await serve(claimsAt(3))).url], topic }).roundsUntil(100);
    const pruned = await serve(claimsAt(500, 510));
    pruned.finalizedSlot = 600;
    const listener = new BenchListener({ urls: [pruned.url], topic });
    for (let rounds = 0; rounds < 5; rounds += 1) {
      await expect(listener.round()).rejects.toMatchObject({ code: 'HISTORY_TOO_SHORT' });
    }
    expect(listener.cursorSlot).toBe(100);
  });

  it('1,000 signatures a page: reads page after page, and moves the cursor only when the old one was reached', async () => {
    const transactions = madeUpTransactions(1100, 40);
    let cut = true;
    const server = await serve(transactions, {
      interfere: ({ method, params }) => {
        const second = (params[1] as { before?: string } | undefined)?.before !== undefined;
        return cut && method === 'getSignaturesForAddress' && second ? { status: 500 } : undefined;
      },
    });
    const listener = new BenchListener({ urls: [server.url] });
    await expect(listener.round()).rejects.toMatchObject({ code: 'RPC_UNAVAILABLE' });
    expect(listener.cursorSlot).toBe(-1);
    cut = false;
    await listener.roundsUntil(100);
    expect(server.calls('getTransaction')).toBe(1100);
  });

  it('`until` unknown on a lagging node: never asks with `until`', async () => {
    const configs: Record<string, unknown>[] = [];
    const server = await serve(claimsAt(5, 6), {
      interfere: ({ method, params }) => {
        if (method === 'getSignaturesForAddress') configs.push(params[1] as Record<string, unknown>);
        return undefined;
      },
    });
    await new BenchListener({ urls: [server.url] }).roundsUntil(100);
    expect(configs.length).toBeGreaterThan(2);
    expect(configs.every((config) => !('until' in config))).toBe(true);
  });

  it('order within a slot differs, rows omitted: walks again until the walks agree', async () => {
    const transactions = claimsAt(5, 5, 5, 6, 7);
    const hidden = transactions[2]?.signature;
    const server = await serve(transactions, {
      interfere: ({ method, count }) => {
        if (method !== 'getSignaturesForAddress' || count === 0) return undefined;
        const rows = transactions.map(({ signature, slot, blockTime }) => ({ signature, slot, blockTime, err: null }));
        const shown = count < 4 ? rows.filter(({ signature }) => signature !== hidden) : rows;
        return { result: count % 2 === 0 ? shown.toReversed() : shown };
      },
    });
    const listener = new BenchListener({ urls: [server.url] });
    // The same page comes for every `before`: the walk must notice, not loop.
    await expect(listener.round()).rejects.toMatchObject({ code: 'WALK_STUCK' });
    expect(listener.watermarks).toEqual([]);
  });

  it('rows omitted from some walks: no watermark before the omitted row is written', async () => {
    const transactions = claimsAt(5, 6, 7);
    const hidden = transactions[1]?.signature ?? '';
    let walks = 0;
    const server = await serve(transactions, {
      interfere: ({ method, params }) => {
        const config = params[1] as { before?: string; limit?: number } | undefined;
        if (method !== 'getSignaturesForAddress' || config?.limit === 1) return undefined;
        if (config?.before === undefined) walks += 1;
        if (walks > 2) return undefined;
        const rows = config?.before === undefined ? transactions.filter(({ signature }) => signature !== hidden) : [];
        return {
          result: rows.map(({ signature, slot, blockTime }) => ({ signature, slot, blockTime, err: null })).reverse(),
        };
      },
    });
    const listener = new BenchListener({ urls: [server.url] });
    await listener.roundsUntil(100, 20);
    const first = listener.topic.records.findIndex(
      ({ content }) => content.kind === 'watermark' && content.watermark.slot >= 6,
    );
    const written = listener.topic.records
      .slice(0, first)
      .some(({ content }) => content.kind === 'event' && content.event.signature === hidden);
    expect(written).toBe(true);
  });

  it('load-balanced back ends: a watermark reaches no further than a back end has shown to be', async () => {
    const transactions = claimsAt(5, 60, 95);
    // getSlot comes from a fresh back end; the signatures come, for the first walks, from one that is 50 slots behind.
    let lagging = true;
    const server = await serve(transactions, {
      minContext: 'ignored',
      interfere: ({ method, params }) => {
        const config = params[1] as { before?: string; limit?: number } | undefined;
        if (method !== 'getSignaturesForAddress' || !lagging || config?.limit === 1) return undefined;
        const rows = config?.before === undefined ? transactions.filter(({ slot }) => slot <= 50) : [];
        return {
          result: rows.map(({ signature, slot, blockTime }) => ({ signature, slot, blockTime, err: null })).reverse(),
        };
      },
    });
    const listener = new BenchListener({ urls: [server.url] });
    for (let rounds = 0; rounds < 3; rounds += 1) await listener.round();
    expect(listener.cursorSlot).toBeLessThan(60);
    lagging = false;
    await listener.roundsUntil(100, 30);
    expect(signatures(listener).size).toBe(3);
  });

  it('load-balanced back ends: minContextSlot is sent, and a node that is behind it is asked again', async () => {
    let behind = 3;
    const server = await serve(claimsAt(5, 6), {
      interfere: ({ method, params }) => {
        const config = (params[1] ?? {}) as { minContextSlot?: number; limit?: number; before?: string };
        const { minContextSlot, limit, before } = config;
        // Behind the last row its empty page is asked again without, in case it leaves rows out.
        if (method !== 'getSignaturesForAddress' || limit === 1 || before !== undefined) return undefined;
        expect(minContextSlot).toBe(100);
        behind -= 1;
        return behind >= 0
          ? { error: { code: -32016, message: 'Minimum context slot has not been reached' } }
          : undefined;
      },
    });
    const listener = new BenchListener({ urls: [server.url] });
    await listener.roundsUntil(100);
    // Three and the probe that asks for a slot far ahead.
    expect(listener.calls.filter(({ error }) => error?.code === 'RPC_NODE_BEHIND')).toHaveLength(4);
  });

  it('a server that rejects minContextSlot is asked without it', async () => {
    const server = await serve(claimsAt(5, 6), { minContext: 'rejected' });
    const listener = new BenchListener({ urls: [server.url] });
    await listener.roundsUntil(100);
    expect(signatures(listener).size).toBe(2);
  });

  it('getTransaction answers null: retried, never passed by the watermark', async () => {
    const [early, late] = claimsAt(5, 50) as [FixtureTransaction, FixtureTransaction];
    let hidden = true;
    const server = await serve([early, late], {
      interfere: ({ method, params }) =>
        hidden && method === 'getTransaction' && params[0] === late.signature ? { result: null } : undefined,
    });
    const listener = new BenchListener({ urls: [server.url] });
    for (let rounds = 0; rounds < 6; rounds += 1) await listener.round();
    expect(listener.cursorSlot).toBe(49);
    expect(listener.noted.blocked).toContain('TRANSACTION_NOT_FOUND');
    hidden = false;
    await listener.roundsUntil(100);
    expect(signatures(listener)).toEqual(new Set([early.signature, late.signature]));
  });

  it('getTransaction without meta: an error, asked again, never taken for a success', async () => {
    const [claim] = claimsAt(5) as [FixtureTransaction];
    const server = await serve([claim], {
      interfere: ({ method, count }) =>
        method === 'getTransaction' && count < 2 ? { result: { ...(claim.answer as object), meta: null } } : undefined,
    });
    const listener = new BenchListener({ urls: [server.url] });
    await listener.roundsUntil(100);
    expect(listener.noted.blocked).toContain('TRANSACTION_META_MISSING');
    expect(listener.topic.deadLetters).toEqual([]);
    expect(listener.events.map(({ succeeded }) => succeeded)).toEqual([true]);
  });

  it('version 1 transactions: asked for and decoded', async () => {
    const versions: unknown[] = [];
    const server = await serve([claimTransaction({ slot: 5, version: 1 }), claimTransaction({ slot: 6, version: 0 })], {
      interfere: ({ method, params }) => {
        if (method === 'getTransaction')
          versions.push((params[1] as Record<string, unknown>)['maxSupportedTransactionVersion']);
        return undefined;
      },
    });
    const listener = new BenchListener({ urls: [server.url] });
    await listener.roundsUntil(100);
    expect(versions).toEqual([1, 1]);
    expect(listener.events.map(({ tx }) => tx.version).sort()).toEqual(['0', '1']);
  });

  it('error -32015: holds the watermark, loudly, and skips nothing', async () => {
    const [before, unsupported] = claimsAt(5, 40) as [FixtureTransaction, FixtureTransaction];
    const server = await serve([before, unsupported], {
      interfere: ({ method, params }) =>
        method === 'getTransaction' && params[0] === unsupported.signature
          ? { error: { code: -32015, message: 'Transaction version (2) is not supported by the requesting client' } }
          : undefined,
    });
    const listener = new BenchListener({ urls: [server.url] });
    for (let rounds = 0; rounds < 6; rounds += 1) await listener.round();
    expect(listener.cursorSlot).toBe(39);
    expect(listener.noted.blocked).toContain('TRANSACTION_VERSION_UNSUPPORTED');
    expect(listener.topic.deadLetters).toEqual([]);
  });

  it('address lookup tables: account keys are static, then looked-up writable, then looked-up readonly', async () => {
    const server = await serve([claimTransaction({ slot: 5, version: 0, lookedUp: true })]);
    const listener = new BenchListener({ urls: [server.url] });
    await listener.roundsUntil(100);
    const [event] = listener.events;
    expect(event?.instruction.action).toBe('claim');
    expect(event?.instruction.data.claimer).not.toBeNull();
    expect(event?.protocolState).not.toBeNull();
  });

  it('instruction called by another program: an event of its own, named by outer and inner index', async () => {
    const claim = claimTransaction({ slot: 5, inner: true });
    const listener = new BenchListener({ urls: [(await serve([claim])).url] });
    await listener.roundsUntil(100);
    expect(listener.events.map(({ eventId }) => eventId)).toEqual([`${claim.signature}/0.0`]);
  });

  it('failed transaction: kept for audit, marked as failed', async () => {
    const listener = new BenchListener({ urls: [(await serve([claimTransaction({ slot: 5, failed: true })])).url] });
    await listener.roundsUntil(100);
    expect(listener.events.map(({ succeeded }) => succeeded)).toEqual([false]);
  });

  it('unknown instruction: its bytes are kept, and the stream goes on', async () => {
    const data = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
    const server = await serve([claimTransaction({ slot: 5, data }), claimTransaction({ slot: 6 })]);
    const listener = new BenchListener({ urls: [server.url] });
    await listener.roundsUntil(100);
    const unknown = listener.events.find(({ instruction }) => instruction.name === 'unknown');
    expect(Uint8Array.from(unknown?.raw ?? [])).toEqual(data);
    expect(unknown?.instruction.action).toBe('other');
    expect(listener.events).toHaveLength(2);
  });

  it('undecodable transaction: to the dead letters, with its JSON and code, before the watermark passes', async () => {
    const [claim] = claimsAt(5) as [FixtureTransaction];
    const broken = {
      ...claimTransaction({ slot: 40 }),
      answer: { slot: 40, meta: { fee: 1 }, transaction: { message: 3 } },
    };
    const listener = new BenchListener({ urls: [(await serve([claim, broken])).url] });
    await listener.roundsUntil(100);
    const [letter] = listener.topic.deadLetters;
    expect(letter).toMatchObject({ signature: broken.signature, slot: 40, error: { code: 'TRANSACTION_MALFORMED' } });
    expect(JSON.parse(letter?.raw ?? '')).toEqual(broken.answer);
    expect(listener.topic.deadLetters).toHaveLength(1);
  });

  it('logs truncated at 10 kB: instruction data is decoded, the logs are not needed', async () => {
    const claim = claimTransaction({ slot: 5 });
    expect((claim.answer as { meta: { logMessages: string[] } }).meta.logMessages).toEqual(['Log truncated']);
    const listener = new BenchListener({ urls: [(await serve([claim])).url] });
    await listener.roundsUntil(100);
    expect(listener.events.map(({ channel }) => channel)).toEqual(['lofi']);
  });

  it('confirmed, then rolled back: taken back before the watermark over its slot', async () => {
    const [kept, lost] = [claimTransaction({ slot: 90 }), claimTransaction({ slot: 110 })];
    const server = await serve([kept, lost]);
    const listener = new BenchListener({ urls: [server.url] });
    await listener.notice(lost.signature, 110);
    expect(listener.events.map(({ commitment }) => commitment)).toEqual(['confirmed']);
    server.remove(lost.signature);
    server.finalizedSlot = 200;
    await listener.roundsUntil(200);
    const own = listener.topic.records.flatMap(({ content }, position) =>
      content.kind === 'event' && content.event.signature === lost.signature
        ? [{ position, retracted: content.event.retracted }]
        : [],
    );
    expect(own.map(({ retracted }) => retracted)).toEqual([false, true]);
    const covering = listener.topic.records.findIndex(
      ({ content }) => content.kind === 'watermark' && content.watermark.slot >= 110,
    );
    expect(own[1]?.position).toBeLessThan(covering);
    expect(listener.noted.retracted).toEqual([lost.signature]);
  });

  it('confirmed, rolled back, landed again in another slot: the final record has the slot of the chain', async () => {
    const first = claimTransaction({ slot: 110 });
    const server = await serve([first]);
    const listener = new BenchListener({ urls: [server.url] });
    await listener.notice(first.signature, 110);
    server.remove(first.signature);
    server.add([{ ...first, slot: 120, answer: { ...(first.answer as object), slot: 120 } }]);
    server.finalizedSlot = 200;
    await listener.roundsUntil(200);
    const final = listener.events.filter(({ commitment }) => commitment === 'finalized');
    expect(final.map(({ slot }) => slot)).toEqual([120]);
  });

  it('omitted by every walk though final: not taken back, but written as final and walked again', async () => {
    const [shown, omitted] = [claimTransaction({ slot: 90 }), claimTransaction({ slot: 95 })];
    let hide = true;
    const server = await serve([shown, omitted], {
      interfere: ({ method, params }) => {
        const config = params[1] as { before?: string; limit?: number } | undefined;
        if (method !== 'getSignaturesForAddress' || !hide || config?.limit === 1) return undefined;
        const rows = config?.before === undefined ? [shown] : [];
        return { result: rows.map(({ signature, slot, blockTime }) => ({ signature, slot, blockTime, err: null })) };
      },
    });
    const listener = new BenchListener({ urls: [server.url] });
    await listener.notice(omitted.signature, 95);
    for (let rounds = 0; rounds < 8; rounds += 1) await listener.round();
    expect(listener.noted.retracted).toEqual([]);
    expect(listener.noted.gaps).toContainEqual({ kind: 'omitted-by-walks', signature: omitted.signature });
    expect(listener.cursorSlot).toBeLessThan(95);
    hide = false;
    await listener.roundsUntil(100, 30);
  });

  it('the same transaction from two sources: the same event ids, whoever writes them and however they came', async () => {
    const claims = claimsAt(50, 60);
    const server = await serve(claims);
    const topic = memoryTopic();
    const one = new BenchListener({ urls: [server.url], topic, name: 'one' });
    const two = new BenchListener({ urls: [server.url], topic, name: 'two' });
    for (const { signature, slot } of claims) await one.notice(signature, slot);
    await two.roundsUntil(100);
    const ids = (source: string): string[] =>
      one.events
        .filter((event) => event.source === source)
        .map(({ eventId }) => eventId)
        .sort();
    expect(ids('one')).toEqual(ids('two'));
    expect(ids('one')).toHaveLength(2);
  });

  it('live and catch-up decode differently: noticed by comparing a sample, and corrected at finalized', async () => {
    const claim = claimTransaction({ slot: 50 });
    const server = await serve([claim]);
    const listener = new BenchListener({ urls: [server.url], compareShare: 1 });
    await listener.notice(claim.signature, 50);
    const changed = structuredClone(claim.answer) as { meta: { fee: number } };
    changed.meta.fee = 6000;
    server.add([{ ...claim, answer: changed }]);
    await listener.round();
    expect(listener.noted.differing).toEqual([claim.signature]);
    expect(listener.events.at(-1)).toMatchObject({ commitment: 'finalized', tx: { feeLamports: 6000n } });
  });

  it('live and catch-up agree: nothing is written twice', async () => {
    const claims = claimsAt(50, 60, 70);
    const server = await serve(claims);
    const listener = new BenchListener({ urls: [server.url], compareShare: 1 });
    for (const { signature, slot } of claims) await listener.notice(signature, slot);
    await listener.roundsUntil(100);
    expect(listener.events).toHaveLength(3);
    expect(listener.noted.differing).toEqual([]);
  });

  it('429: waits as long as Retry-After says, and asks another endpoint meanwhile', async () => {
    const claims = claimsAt(5, 6);
    const limited = await serve(claims, { interfere: () => ({ status: 429, retryAfter: '30' }) });
    const healthy = await serve(claims);
    const listener = new BenchListener({ urls: [limited.url, healthy.url] });
    await listener.roundsUntil(100);
    expect(listener.calls.filter(({ error }) => error?.code === 'RPC_RATE_LIMITED')).toHaveLength(1);
    expect(signatures(listener).size).toBe(2);
  });

  it('-32005: the endpoint rests, the next one is asked', async () => {
    const claims = claimsAt(5);
    const unhealthy = await serve(claims, {
      interfere: () => ({ error: { code: -32005, message: 'Node is behind by 42 slots' } }),
    });
    const listener = new BenchListener({ urls: [unhealthy.url, (await serve(claims)).url] });
    await listener.roundsUntil(100);
    expect(signatures(listener).size).toBe(1);
  });

  it('no cursor stored: that is not slot 0, it starts where it is told', async () => {
    const claims = claimsAt(5, 60);
    const listener = new BenchListener({ urls: [(await serve(claims)).url], fromSlot: 50 });
    await listener.roundsUntil(100);
    expect(signatures(listener)).toEqual(new Set([claims[1]?.signature]));
    const [watermark] = listener.topic.records.flatMap(({ content }) =>
      content.kind === 'watermark' ? [content.watermark] : [],
    );
    expect(watermark?.fromSlot).toBe(50);
  });

  it('a chain that stands still: the watermark reaches its tip', async () => {
    const listener = new BenchListener({ urls: [(await serve(claimsAt(5))).url] });
    await listener.roundsUntil(100);
    expect(listener.watermarks.at(-1)).toBe(100);
    await listener.round();
    expect(listener.watermarks.filter((slot) => slot === 100)).toHaveLength(1);
  });

  it('skipped slots: the watermark’s block time is that of an earlier block, never of a later one', async () => {
    const server = await serve([claimTransaction({ slot: 60, blockTime: 1_760_000_060 })], {
      interfere: ({ method }) =>
        method === 'getBlockTime' ? { error: { code: -32007, message: 'Slot was skipped' } } : undefined,
    });
    const listener = new BenchListener({ urls: [server.url] });
    await listener.roundsUntil(100);
    expect(listener.state.cursor?.blockTime).toBe(1_760_000_060);
  });
});
