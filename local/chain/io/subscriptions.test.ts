import { once } from 'node:events';
import { PROGRAM_ID, setChannelMerkleRoot } from '@attention-oracle/sdk';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { keypair, startTestChain, type TestChain } from '../testing/test-chain.ts';

/** A bare WebSocket client, whose messages are taken in the order they came. */
class Client {
  readonly socket: WebSocket;
  readonly #waiting: ((message: Message) => void)[] = [];
  readonly #messages: Message[] = [];
  #id = 0;

  constructor(url: string) {
    this.socket = new WebSocket(url);
    this.socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Message;
      const waiting = this.#waiting.shift();
      if (waiting) waiting(message);
      else this.#messages.push(message);
    });
  }

  next(): Promise<Message> {
    const message = this.#messages.shift();
    return message ? Promise.resolve(message) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  request(method: string, params: unknown[] = []): Promise<Message> {
    this.socket.send(JSON.stringify({ jsonrpc: '2.0', id: ++this.#id, method, params }));
    return this.next();
  }

  /** Everything that came until the server has answered a request that it cannot know. */
  async drain(): Promise<Message[]> {
    const before: Message[] = [];
    this.socket.send(JSON.stringify({ jsonrpc: '2.0', id: 'drain', method: 'nothing' }));
    for (let message = await this.next(); message.id !== 'drain'; message = await this.next()) before.push(message);
    return before;
  }
}

type Message = {
  id?: unknown;
  result?: unknown;
  error?: { code: number; message: string };
  method?: string;
  params?: { subscription: number; result: { context?: { slot: number }; value?: unknown; slot?: number } };
};

describe('WebSocket subscriptions', () => {
  let t: TestChain;
  let client: Client;

  beforeEach(async () => {
    t = await startTestChain();
    client = new Client(t.chain.wsUrl);
    await once(client.socket, 'open');
  });
  afterEach(async () => {
    client.socket.terminate();
    await t.close();
  });

  const publish = (epoch: number) =>
    t.send(
      [
        setChannelMerkleRoot({
          payer: t.publisher.publicKey,
          mint: t.genesis.mint,
          channel: 'lacy',
          epoch,
          root: new Uint8Array(32).fill(1),
        }),
      ],
      [t.publisher],
      { skipPreflight: true },
    );

  it('tells each new slot with its parent and root, until unsubscribed', async () => {
    const { result: subscription } = await client.request('slotSubscribe');
    const tip = t.chain.control.slot('processed');
    t.chain.control.advanceSlots(2);
    expect((await client.next()).params).toEqual({
      subscription,
      result: { slot: tip + 1, parent: tip, root: t.chain.control.slot('finalized') },
    });
    expect((await client.next()).params?.result.slot).toBe(tip + 2);
    expect((await client.request('slotUnsubscribe', [subscription])).result).toBe(true);
    t.chain.control.advanceSlots(1);
    expect(await client.drain()).toEqual([]);
    expect((await client.request('slotUnsubscribe', [subscription])).error?.code).toBe(-32602);
  });

  it('tells the logs of transactions that mention an address, failed ones too, at the commitment asked for', async () => {
    const ids: unknown[] = [];
    for (const commitment of ['processed', 'confirmed', 'finalized']) {
      ids.push((await client.request('logsSubscribe', [{ mentions: [PROGRAM_ID] }, { commitment }])).result);
    }
    const other = keypair('other').publicKey.toBase58();
    await client.request('logsSubscribe', [{ mentions: [other] }, { commitment: 'processed' }]);
    const good = await publish(5);
    t.chain.control.advanceSlots(1);
    const bad = await publish(5);
    t.chain.control.advanceSlots(40);
    const seen = (await client.drain()).map(({ method, params }) => {
      const { err, signature, logs } = params?.result.value as { err: unknown; signature: string; logs: string[] };
      expect(method).toBe('logsNotification');
      expect(logs[0]).toBe(`Program ${PROGRAM_ID} invoke [1]`);
      return [ids.indexOf(params?.subscription), signature, err];
    });
    const error = { InstructionError: [0, { Custom: 6023 }] };
    expect(seen).toEqual([
      [0, good, null],
      [1, good, null],
      [0, bad, error],
      [1, bad, error],
      [2, good, null],
      [2, bad, error],
    ]);
  });

  it('tells a signature once, at once when it is already as settled as asked', async () => {
    const signature = await publish(5);
    const { result: waiting } = await client.request('signatureSubscribe', [signature, { commitment: 'confirmed' }]);
    expect(await client.drain()).toEqual([]);
    t.chain.control.advanceSlots(40);
    const [told, ...more] = await client.drain();
    expect(told?.params).toMatchObject({ subscription: waiting, result: { value: { err: null } } });
    expect(more).toEqual([]);
    const { result: late } = await client.request('signatureSubscribe', [signature, { commitment: 'finalized' }]);
    expect((await client.next()).params).toMatchObject({ subscription: late, result: { value: { err: null } } });
  });

  it('tells changes of an account and of the accounts of a program', async () => {
    const payer = t.publisher.publicKey.toBase58();
    await client.request('accountSubscribe', [payer, { commitment: 'confirmed', encoding: 'base64' }]);
    await client.request('programSubscribe', [PROGRAM_ID, { commitment: 'processed', encoding: 'base64' }]);
    await publish(5);
    const program = await client.next();
    expect(program.method).toBe('programNotification');
    const { account } = program.params?.result.value as { account: { data: [string, string]; space: number } };
    expect([account.space, Buffer.from(account.data[0], 'base64').length]).toEqual([1_782, 1_782]);
    expect(await client.drain()).toEqual([]);
    t.chain.control.advanceSlots(1);
    const notified = await client.next();
    expect(notified).toMatchObject({ method: 'accountNotification' });
    const { lamports } = notified.params?.result.value as { lamports: number };
    expect(lamports).toBe(1_000_000_000_000 - 13_293_600 - 5_000);
  });

  it('answers malformed messages with errors and goes on', async () => {
    client.socket.send('{');
    expect((await client.next()).error?.code).toBe(-32700);
    expect((await client.request('logsSubscribe', [{ mentions: [] }])).error?.code).toBe(-32602);
    expect((await client.request('accountSubscribe', ['nonsense'])).error?.code).toBe(-32602);
    expect((await client.request('voteSubscribe')).error?.code).toBe(-32601);
    expect((await client.request('slotSubscribe')).result).toEqual(expect.any(Number));
  });

  it('answers a ping with a pong', async () => {
    const pong = once(client.socket, 'pong');
    client.socket.ping('are you there');
    expect((await pong).toString()).toBe('are you there');
  });
});
