import { afterEach, describe, expect, it } from '@jest/globals';
import { type WebSocket, WebSocketServer } from 'ws';
import { until } from '../../../tests/testing/until.ts';
import { SignatureWatch } from './signature-watch.ts';

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** A node that gives subscriptions and tells what the test wants. */
class Node {
  readonly requests: Request[] = [];
  readonly #server: WebSocketServer;
  #socket: WebSocket | undefined;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#socket = socket;
      socket.on('message', (data: Buffer) => {
        const request = JSON.parse(data.toString()) as Request;
        this.requests.push(request);
        socket.send(JSON.stringify({ jsonrpc: '2.0', id: request.id, result: 1000 + request.id }));
      });
    });
  }

  static async start(): Promise<Node> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await new Promise((resolve) => server.once('listening', resolve));
    return new Node(server);
  }

  get url(): string {
    const { port } = this.#server.address() as { port: number };
    return `ws://127.0.0.1:${port}`;
  }

  asked(method: string): string[] {
    return this.requests.filter((request) => request.method === method).map(({ params }) => String(params[0]));
  }

  subscriptionOf(signature: string): number {
    return 1000 + (this.requests.findLast(({ params }) => params[0] === signature)?.id ?? 0);
  }

  tell(text: string): void {
    this.#socket?.send(text);
  }

  notify(subscription: number): void {
    const params = { subscription, result: { context: { slot: 9 }, value: { err: null } } };
    this.tell(JSON.stringify({ jsonrpc: '2.0', method: 'signatureNotification', params }));
  }

  drop(): void {
    this.#socket?.terminate();
  }

  stop(): void {
    this.#socket?.terminate();
    this.#server.close();
  }
}

const open: { stop(): void }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.stop();
});

async function watching(...more: string[]) {
  const node = await Node.start();
  const final: string[] = [];
  const downs: string[] = [];
  const watch = new SignatureWatch({
    urls: [...more, node.url],
    onFinal: (signature) => final.push(signature),
    onDown: (reason) => downs.push(reason),
  });
  open.push(watch, node);
  return { node, watch, final, downs };
}

describe('notices of final transactions', () => {
  it('are asked for at finalized, each once, and told with their signature', async () => {
    const { node, watch, final } = await watching();
    watch.watch('a');
    watch.watch('a');
    watch.watch('b');
    await until('both are subscribed', () => node.requests.length === 2);
    expect(node.requests.map(({ method, params }) => [method, ...params])).toEqual([
      ['signatureSubscribe', 'a', { commitment: 'finalized' }],
      ['signatureSubscribe', 'b', { commitment: 'finalized' }],
    ]);
    node.notify(node.subscriptionOf('b'));
    await until('b is told', () => final.length === 1);
    expect(final).toEqual(['b']);
  });

  it('WebSocket drops: what is still watched is asked for again, what was forgotten is not', async () => {
    const { node, watch, downs, final } = await watching();
    for (const signature of ['a', 'b']) watch.watch(signature);
    await until('both are subscribed', () => node.requests.length === 2);
    watch.forget('a');
    await until('the subscription is ended', () => node.asked('signatureUnsubscribe').length === 1);
    expect(node.asked('signatureUnsubscribe')).toEqual([String(node.subscriptionOf('a'))]);
    node.drop();
    await until('b is subscribed again', () => node.asked('signatureSubscribe').length === 3);
    expect(node.asked('signatureSubscribe')).toEqual(['a', 'b', 'b']);
    expect(downs).toHaveLength(1);
    node.notify(node.subscriptionOf('b'));
    await until('b is told', () => final.length === 1);
  });

  it('a node that refuses, and one that talks nonsense, cost nothing but the notices', async () => {
    const { node, watch, final } = await watching('ws://127.0.0.1:1');
    watch.watch('a');
    await until('the next address is asked', () => node.requests.length === 1);
    for (const text of ['', 'null', '[]', '{"method":"signatureNotification"}', '{"id":"x","result":1}'])
      node.tell(text);
    node.notify(77);
    node.notify(node.subscriptionOf('a'));
    await until('a is told', () => final.length > 0);
    expect(final).toEqual(['a']);
  });
});
