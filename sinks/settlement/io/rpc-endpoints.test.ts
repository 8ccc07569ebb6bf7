import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { RpcEndpoints } from './rpc-endpoints.ts';

/** A node of some chain, which may be away. */
class Node {
  genesis: string;
  away = false;
  readonly asked: string[] = [];
  readonly #server: Server;

  private constructor(genesis: string) {
    this.genesis = genesis;
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const { id, method } = JSON.parse(Buffer.concat(parts).toString()) as { id: unknown; method: string };
        this.asked.push(method);
        if (this.away) return void response.writeHead(503).end();
        const result = method === 'getGenesisHash' ? this.genesis : method === 'getSlot' ? 7 : 'ok';
        response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id, result }));
      });
    });
  }

  static async start(genesis: string): Promise<Node> {
    const node = new Node(genesis);
    node.#server.listen(0, '127.0.0.1');
    await once(node.#server, 'listening');
    open.push(node);
    return node;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const open: Node[] = [];
afterEach(() => {
  for (const node of open.splice(0)) node.stop();
});

const endpointsOf = (...nodes: readonly Node[]): RpcEndpoints =>
  new RpcEndpoints(
    nodes.map(({ url }) => url),
    5000,
    new AbortController().signal,
  );
const slotOf = (endpoints: RpcEndpoints): Promise<number> => endpoints.ask('getSlot', (node) => node.getSlot());
const count = ({ asked }: Node, method: string): number => asked.filter((each) => each === method).length;

describe('endpoints that must be of one chain', () => {
  it('of another one than the listeners read are refused, and so are those of two', async () => {
    const [ours, other] = [await Node.start('ours'), await Node.start('other')];
    await expect(endpointsOf(other).expectChain('ours')).rejects.toMatchObject({ code: 'CHAIN_DIFFERS' });
    await expect(endpointsOf(ours, other).expectChain(undefined)).rejects.toMatchObject({
      code: 'CHAIN_DIFFERS',
      message: expect.stringMatching(/endpoint 2 \(genesis other\).*genesis ours, which the first one is of/),
    });
    await endpointsOf(ours, ours).expectChain(undefined);
  });

  it('that were away at the start are asked, and told, nothing before they say which chain they are of', async () => {
    const [ours, late] = [await Node.start('ours'), await Node.start('other')];
    late.away = true;
    const endpoints = endpointsOf(ours, late);
    await endpoints.expectChain('ours');
    late.away = false;
    ours.away = true;
    await expect(slotOf(endpoints)).rejects.toMatchObject({ code: 'RPC_UNAVAILABLE' });
    await expect(slotOf(endpoints)).rejects.toMatchObject({ code: 'CHAIN_DIFFERS' });
    ours.away = false;
    await endpoints.tellAll('sendTransaction', (node) => node.getSlot());
    expect(count(late, 'getSlot')).toBe(0);
    late.genesis = 'ours';
    ours.away = true;
    await expect(slotOf(endpoints)).rejects.toMatchObject({ code: 'RPC_UNAVAILABLE' });
    expect(await slotOf(endpoints)).toBe(7);
  });

  it('say it again after they have failed: another server may answer there now', async () => {
    const node = await Node.start('ours');
    const endpoints = endpointsOf(node);
    await endpoints.expectChain('ours');
    expect(await slotOf(endpoints)).toBe(7);
    expect(await slotOf(endpoints)).toBe(7);
    expect(count(node, 'getGenesisHash')).toBe(1);
    node.away = true;
    await expect(slotOf(endpoints)).rejects.toMatchObject({ code: 'RPC_UNAVAILABLE' });
    node.away = false;
    node.genesis = 'other';
    await expect(slotOf(endpoints)).rejects.toMatchObject({ code: 'CHAIN_DIFFERS' });
  });

  it('that say nothing hold the start', async () => {
    const node = await Node.start('ours');
    node.away = true;
    for (const known of ['ours', undefined])
      await expect(endpointsOf(node).expectChain(known)).rejects.toMatchObject({ retryable: true });
  });
});
