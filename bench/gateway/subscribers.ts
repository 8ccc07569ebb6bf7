/** Subscriptions over many sockets, and one that reads a backlog through cuts. */

import WebSocket from 'ws';

const CLAIMS = 'subscription ($after: String) { claimIngested(after: $after) { eventId cursor } }';
const OF_CHANNEL = 'subscription ($channel: String) { claimIngested(channel: $channel) { eventId } }';

/** @param onMessage Gets each message of the protocol as text. */
async function opened(url: string, onMessage: (text: string, socket: WebSocket) => void): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const acknowledged = Promise.withResolvers<void>();
  socket.on('open', () => socket.send('{"type":"connection_init"}'));
  socket.on('error', acknowledged.reject);
  socket.on('message', (data: Buffer) => {
    const text = data.toString();
    if (text.includes('connection_ack')) acknowledged.resolve();
    else if (text === '{"type":"ping"}') socket.send('{"type":"pong"}');
    else onMessage(text, socket);
  });
  await acknowledged.promise;
  return socket;
}

export class Crowd {
  readonly #sockets: WebSocket[] = [];
  #told = 0;
  #wanted = Number.POSITIVE_INFINITY;
  #all = Promise.withResolvers<number>();

  /** @param each Subscriptions of a socket. */
  async join(url: string, sockets: number, each: number): Promise<void> {
    for (let at = 0; at < sockets; at += 1) {
      const socket = await opened(url, (text) => this.#take(text));
      this.#sockets.push(socket);
      for (let id = 0; id < each; id += 1)
        socket.send(
          JSON.stringify({
            id: `${id}`,
            type: 'subscribe',
            payload: { query: OF_CHANNEL, variables: { channel: 'fanout' } },
          }),
        );
    }
  }

  /** Resolves with the moment at which so many items were told, epoch ms. */
  told(items: number): Promise<number> {
    this.#told = 0;
    this.#wanted = items;
    this.#all = Promise.withResolvers();
    return this.#all.promise;
  }

  leave(): void {
    for (const socket of this.#sockets.splice(0)) socket.terminate();
  }

  #take(text: string): void {
    if (!text.includes('"type":"next"')) throw new Error(`a subscription was refused: ${text}`);
    this.#told += 1;
    if (this.#told === this.#wanted) this.#all.resolve(performance.timeOrigin + performance.now());
  }
}

export interface BacklogResult {
  readonly itemsPerSecond: number;
  readonly lost: number;
  readonly repeated: number;
  readonly cuts: number;
}

/** Reads a backlog from its beginning, its socket cut after every so many items and begun again after the last cursor. */
export async function readBacklog(url: string, items: number, cutEvery: number): Promise<BacklogResult> {
  const seen = new Set<string>();
  let repeated = 0;
  let cuts = 0;
  let cursor = 'beginning';
  const startMs = performance.now();
  while (seen.size < items) {
    const ended = Promise.withResolvers<void>();
    let ofSocket = 0;
    const most = Math.ceil(cutEvery * (0.5 + Math.random()));
    const socket = await opened(url, (text, of) => {
      if (ofSocket >= most) return;
      const { type, payload } = JSON.parse(text) as Told;
      if (type !== 'next') return ended.resolve();
      const item = payload.data.claimIngested;
      if (seen.has(item.eventId)) repeated += 1;
      seen.add(item.eventId);
      cursor = item.cursor;
      ofSocket += 1;
      if (ofSocket < most && seen.size < items) return;
      cuts += 1;
      of.terminate();
      ended.resolve();
    });
    socket.on('close', () => ended.resolve());
    socket.send(
      JSON.stringify({ id: '1', type: 'subscribe', payload: { query: CLAIMS, variables: { after: cursor } } }),
    );
    await ended.promise;
    socket.terminate();
  }
  const seconds = (performance.now() - startMs) / 1000;
  return { itemsPerSecond: Math.round(items / seconds), lost: items - seen.size, repeated, cuts };
}

interface Told {
  readonly type: string;
  readonly payload: {
    readonly data: { readonly claimIngested: { readonly eventId: string; readonly cursor: string } };
  };
}
