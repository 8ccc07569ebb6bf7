/** A server that speaks the gateway's protocols and answers each subscription by a script. */

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** What the gateway sends to a subscription: items, then how it ends. */
export type Answer = (send: (type: 'next' | 'complete' | 'error', payload?: object) => void, socket: WebSocket) => void;

/** The cursor at which its subscriptions stand. */
export const STANDS_AT = 'now';

interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: { readonly variables: Readonly<Record<string, unknown>> };
}

export class ScriptedGateway {
  /** To the first subscription, the second, and so on. */
  readonly answers: Answer[] = [];
  /** The `after` of each subscription that came. */
  readonly begun: unknown[] = [];
  readonly #http: Server;
  readonly #sockets: WebSocketServer;

  private constructor() {
    this.#http = createServer((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ data: { cursors: { settlementUpdated: STANDS_AT } } }));
    });
    this.#sockets = new WebSocketServer({ server: this.#http, handleProtocols: () => 'graphql-transport-ws' });
    this.#sockets.on('connection', (socket) => {
      socket.on('message', (bytes: Buffer) => this.#onMessage(socket, JSON.parse(bytes.toString('utf8')) as Message));
    });
  }

  static async start(): Promise<ScriptedGateway> {
    const gateway = new ScriptedGateway();
    gateway.#http.listen(0, '127.0.0.1');
    await once(gateway.#http, 'listening');
    return gateway;
  }

  get url(): string {
    const { port } = this.#http.address() as AddressInfo;
    return `http://127.0.0.1:${port}/graphql`;
  }

  stop(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    this.#http.close();
  }

  #onMessage(socket: WebSocket, { type, id, payload: asked }: Message): void {
    if (type === 'connection_init') socket.send(JSON.stringify({ type: 'connection_ack' }));
    if (type !== 'subscribe') return;
    this.begun.push(asked?.variables['after']);
    this.answers.shift()?.((kind, payload) => socket.send(JSON.stringify({ type: kind, id, payload })), socket);
  }
}

/** An item of settlementUpdated. */
export function item(epoch: string): object {
  return { data: { settlementUpdated: { epoch, cursor: `after ${epoch}` } } };
}
