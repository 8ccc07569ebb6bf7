import { once } from 'node:events';
import { PROGRAM_ID, setChannelMerkleRoot } from '@attention-oracle/sdk';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PublicKey } from '@solana/web3.js';
import { WebSocket } from 'ws';
import { startTestChain, type TestChain } from '../../testing/test-chain.ts';
import { type FaultRates, seededFaultPlan } from './seeded-plan.ts';

/** Rates at which nothing goes wrong, to switch single faults on. */
const NOTHING: FaultRates = {
  http429: 0,
  http5xx: 0,
  httpReset: 0,
  httpDelay: 0,
  httpDelayMs: 1,
  backendLagSlots: [0],
  nullTransaction: 0,
  missingRow: 0,
  swappedRows: 0,
  unknownUntil: 0,
  droppedSend: 0,
  errorButLanded: 0,
  droppedNotification: 0,
  closedSocket: 0,
  stalledSocket: 0,
  skippedSlot: 0,
  rollback: 0,
  rollbackMaxSlots: 5,
  relanding: 1,
};

describe('a fault plan from a seed', () => {
  let t: TestChain;
  beforeEach(async () => {
    t = await startTestChain();
  });
  afterEach(() => t.close());

  const faults = (rates: Partial<FaultRates>, seed = 1) => {
    const plan = seededFaultPlan(seed, { ...NOTHING, ...rates });
    t.chain.control.setFaults(plan);
    return plan;
  };
  const publish = (epoch: number, blockhashCommitment: 'processed' | 'finalized' = 'processed') =>
    t.send(
      [
        setChannelMerkleRoot({
          payer: t.publisher.publicKey,
          mint: t.genesis.mint,
          channel: 'lacy',
          epoch,
          root: new Uint8Array(32).fill(epoch),
        }),
      ],
      [t.publisher],
      { skipPreflight: true },
      blockhashCommitment,
    );
  const post = () => fetch(t.chain.rpcUrl, { method: 'POST', body: '{"jsonrpc":"2.0","id":1,"method":"getHealth"}' });
  const signatures = async (options = {}) =>
    (await t.connection.getSignaturesForAddress(new PublicKey(PROGRAM_ID), options, 'confirmed')).map(
      (row) => row.signature,
    );
  const look = (signature: string) =>
    t.connection.getTransaction(signature, { commitment: 'confirmed', maxSupportedTransactionVersion: 0 });

  it('is the same for the same seed and another for another', () => {
    const outcome = (seed: number) => {
      const plan = seededFaultPlan(seed);
      return Array.from({ length: 500 }, (_, n) => [
        plan.http({ count: n, methods: [] }),
        plan.slot(n),
        plan.backendLagSlots({ count: n }),
        plan.send(`s${n}`, 0),
        plan.notification({ connection: 1, count: n, kind: 'slot' }),
        plan.hidesTransaction(`s${n}`, 0),
      ]);
    };
    expect(outcome(42)).toEqual(outcome(42));
    expect(outcome(42)).not.toEqual(outcome(43));
  });

  it('answers with 429 with and without Retry-After, with 5xx, late, or not at all', async () => {
    const plan = faults({ http429: 1 });
    const answers = await Promise.all(Array.from({ length: 20 }, post));
    expect(answers.every(({ status }) => status === 429)).toBe(true);
    expect(new Set(answers.map(({ headers }) => headers.get('retry-after')))).toEqual(new Set(['1', null]));
    expect(plan.counts.http429).toBe(20);
    faults({ http5xx: 1 });
    const statuses = (await Promise.all(Array.from({ length: 20 }, post))).map(({ status }) => status);
    expect(statuses.every((status) => [500, 502, 503, 504].includes(status))).toBe(true);
    faults({ httpReset: 1 });
    await expect(post()).rejects.toThrow();
    faults({ httpDelay: 1 });
    expect(await (await post()).json()).toMatchObject({ result: 'ok' });
  });

  it('shows a transaction only after some null answers', async () => {
    const signature = await publish(1);
    t.chain.control.advanceSlots(1);
    faults({ nullTransaction: 1 });
    let nulls = 0;
    while ((await look(signature)) === null) nulls++;
    expect(nulls).toBeGreaterThanOrEqual(1);
    expect(nulls).toBeLessThanOrEqual(3);
  });

  it('leaves rows out and swaps rows of one slot, and shows all of them when asked again', async () => {
    const sent: string[] = [];
    for (let epoch = 1; epoch <= 12; epoch++) sent.unshift(await publish(epoch));
    t.chain.control.advanceSlots(1);
    faults({ missingRow: 0.3, swappedRows: 0.5 });
    const pages = await Promise.all(Array.from({ length: 20 }, () => signatures()));
    expect(pages.some((page) => page.length < 12)).toBe(true);
    expect(new Set(pages.flat())).toEqual(new Set(sent));
    const inOrder = (page: string[]) =>
      page.every((id, at) => at === 0 || sent.indexOf(id) > sent.indexOf(page[at - 1] ?? ''));
    expect(pages.some((page) => !inOrder(page))).toBe(true);
  });

  it('answers from the newest row when the back end does not know `until`', async () => {
    const [old, newer] = [await publish(1), await publish(2)];
    t.chain.control.advanceSlots(1);
    expect(await signatures({ until: old })).toEqual([newer]);
    faults({ unknownUntil: 1 });
    expect(await signatures({ until: old })).toEqual([newer, old]);
  });

  it('answers from back ends that are behind, which minContextSlot finds out', async () => {
    const signature = await publish(1);
    t.chain.control.advanceSlots(10);
    faults({ backendLagSlots: [0, 9, 30] });
    const tip = t.chain.control.slot('processed');
    const slots = await Promise.all(Array.from({ length: 30 }, () => t.connection.getSlot('processed')));
    expect(new Set(slots)).toEqual(new Set([tip, tip - 9, 0]));
    const looks = await Promise.all(Array.from({ length: 30 }, () => look(signature)));
    expect(new Set(looks.map((found) => found?.slot))).toEqual(new Set([1, undefined]));
    const asked = await Promise.allSettled(
      Array.from({ length: 30 }, () => t.connection.getSlot({ commitment: 'processed', minContextSlot: tip })),
    );
    expect(new Set(asked.map(({ status }) => status))).toEqual(new Set(['fulfilled', 'rejected']));
  });

  it('loses sends, and reports errors for others that land', async () => {
    faults({ droppedSend: 1 });
    const lost = await publish(1);
    expect((await t.connection.getSignatureStatus(lost)).value).toBeNull();
    faults({ errorButLanded: 1 });
    t.chain.control.advanceSlots(1);
    await expect(publish(2)).rejects.toThrow('Node is behind');
    t.chain.control.advanceSlots(1);
    expect(await signatures()).toHaveLength(1);
  });

  it('skips slots and gives up confirmed ones, with what they contained', async () => {
    const before = t.chain.control.account(t.publisher.publicKey.toBase58())?.lamports;
    const signature = await publish(1);
    t.chain.control.advanceSlots(3);
    expect((await t.connection.getSignatureStatus(signature)).value?.confirmationStatus).toBe('confirmed');
    const plan = faults({ rollback: 1, rollbackMaxSlots: 30, relanding: 0 });
    for (let i = 0; i < 20 && plan.counts.lostInRollback === 0; i++) t.chain.control.advanceSlots(1);
    expect((await t.connection.getSignatureStatus(signature)).value).toBeNull();
    expect(t.chain.control.account(t.publisher.publicKey.toBase58())?.lamports).toBe(before);
    expect(plan.counts.rollback).toBeGreaterThan(0);
    const skipping = faults({ skippedSlot: 0.5 });
    const slot = t.chain.state.blocks.last;
    t.chain.control.advanceSlots(40);
    const blocks = await t.connection.getBlocks(slot + 1, slot + 40, 'confirmed');
    expect(skipping.counts.skippedSlot).toBeGreaterThan(5);
    expect(blocks.length).toBeLessThanOrEqual(40 - skipping.counts.skippedSlot);
  });

  it('lands transactions of a given-up fork again, in a later slot, when their blockhash is on the new fork', async () => {
    const rooted = await publish(1, 'finalized');
    t.chain.control.advanceSlots(1);
    const forked = await publish(2);
    t.chain.control.advanceSlots(1);
    t.chain.control.rollback(10);
    const { value } = await t.connection.getSignatureStatuses([rooted, forked]);
    expect(value.map((status) => status?.slot)).toEqual([4, undefined]);
    expect((await look(rooted))?.slot).toBeUndefined();
    t.chain.control.advanceSlots(1);
    expect((await look(rooted))?.slot).toBe(4);
    expect(await signatures()).toEqual([rooted]);
  });

  it('drops notifications, closes sockets and stalls them', async () => {
    const connect = async () => {
      const socket = new WebSocket(t.chain.wsUrl);
      await once(socket, 'open');
      socket.send('{"jsonrpc":"2.0","id":1,"method":"slotSubscribe"}');
      await once(socket, 'message');
      return socket;
    };
    const ask = async (socket: WebSocket) => {
      const messages: string[] = [];
      socket.on('message', (data: Buffer) => messages.push(data.toString()));
      socket.ping();
      await once(socket, 'pong');
      return messages.length;
    };
    const dropping = await connect();
    faults({ droppedNotification: 1 });
    t.chain.control.advanceSlots(3);
    expect(await ask(dropping)).toBe(0);
    faults({});
    t.chain.control.advanceSlots(1);
    expect(await ask(dropping)).toBe(1);
    faults({ stalledSocket: 1 });
    t.chain.control.advanceSlots(1);
    faults({});
    t.chain.control.advanceSlots(5);
    expect(await ask(dropping)).toBe(0);
    const closing = await connect();
    faults({ closedSocket: 1 });
    const closed = once(closing, 'close');
    t.chain.control.advanceSlots(1);
    expect(await closed).toBeDefined();
    dropping.terminate();
  });
});
