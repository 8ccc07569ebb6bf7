/**
 * An RPC provider on a bad day, in front of a chain: cut and stalled requests, 429 and 5xx, transactions that are not there yet,
 * signature pages with rows missing or out of order, back ends that lag, a WebSocket that drops, closes and falls silent.
 * Which request meets what follows from the seed.
 */

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

/** What went wrong, and how often. */
export type FaultCounts = Record<
  | 'cut'
  | 'stalled'
  | 'rate-limited'
  | 'server-error'
  | 'not-json'
  | 'null-transaction'
  | 'rows-missing'
  | 'rows-out-of-order'
  | 'lagging'
  | 'notification-dropped'
  | 'socket-closed'
  | 'socket-silent',
  number
>;

export interface FaultyRpc {
  readonly rpcUrl: string;
  readonly wsUrl: string;
  readonly counts: Readonly<FaultCounts>;
  stop(): Promise<void>;
}

interface Call {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

interface Row {
  readonly signature: string;
  readonly slot: number;
}

/** Share of the calls, or of what is named. */
const SHARE = {
  cut: 0.02,
  stalled: 0.01,
  rateLimited: 0.01,
  serverError: 0.02,
  notJson: 0.01,
  lagging: 0.15,
  pagesOutOfOrder: 0.25,
  rowMissing: 0.015,
  notificationDropped: 0.2,
  socketClosed: 0.005,
  socketSilent: 0.003,
};
const LONGEST_LAG_SLOTS = 30;
/** Most times that a transaction is answered with null before it appears. */
const MOST_NULLS = 2;

/** @param chain Where the true answers come from. */
export async function startFaultyRpc(
  chain: { rpcUrl: string; wsUrl: string },
  seed: number,
  servesBlocks = false,
): Promise<FaultyRpc> {
  const random = (...words: (string | number)[]): number =>
    createHash('sha256')
      .update([seed, ...words].join('/'))
      .digest()
      .readUInt32BE(0) /
    2 ** 32;
  const counts: FaultCounts = {
    cut: 0,
    stalled: 0,
    'rate-limited': 0,
    'server-error': 0,
    'not-json': 0,
    'null-transaction': 0,
    'rows-missing': 0,
    'rows-out-of-order': 0,
    lagging: 0,
    'notification-dropped': 0,
    'socket-closed': 0,
    'socket-silent': 0,
  };
  const nulls = new Map<string, number>();
  let calls = 0;

  const truth = async (call: Call): Promise<unknown> => {
    const response = await fetch(chain.rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', ...call }),
    });
    const body = (await response.json()) as { result?: unknown; error?: unknown };
    if (body.error !== undefined) throw new RpcFailure(body.error);
    return body.result;
  };

  /** The answer of a back end that is `lagSlots` behind. */
  const answer = async (call: Call, number: number, lagSlots: number): Promise<unknown> => {
    if (!servesBlocks && call.method.startsWith('getBlock') && call.method !== 'getBlockTime') {
      throw new RpcFailure({ code: -32601, message: 'Method not found' });
    }
    const tip = (await truth({ id: 0, method: 'getSlot', params: [{ commitment: 'finalized' }] })) as number;
    const view = tip - lagSlots;
    const { minContextSlot } = (call.params.at(-1) ?? {}) as { minContextSlot?: number };
    if (lagSlots > 0) {
      counts.lagging += 1;
      if (minContextSlot !== undefined && minContextSlot > view) {
        throw new RpcFailure({ code: -32016, message: 'Minimum context slot has not been reached' });
      }
    }
    const result = await truth(call);
    if (call.method === 'getSlot') return (result as number) - lagSlots;
    if (call.method === 'getTransaction') return transaction(call, result as { slot: number } | null, lagSlots, view);
    if (call.method !== 'getSignaturesForAddress') return result;
    return page(result as Row[], number, lagSlots, view);
  };

  const transaction = (call: Call, result: { slot: number } | null, lagSlots: number, view: number): unknown => {
    const signature = String(call.params[0]);
    const seen = nulls.get(signature) ?? 0;
    nulls.set(signature, seen + 1);
    const hidden = seen < Math.floor(random('nulls', signature) * (MOST_NULLS + 1));
    if (hidden || (lagSlots > 0 && result !== null && result.slot > view)) {
      counts['null-transaction'] += 1;
      return null;
    }
    return result;
  };

  const page = (rows: Row[], number: number, lagSlots: number, view: number): Row[] => {
    const visible = rows.filter(({ slot }) => lagSlots === 0 || slot <= view);
    const kept = visible.filter(({ signature }) => random('row', number, signature) >= SHARE.rowMissing);
    if (kept.length < visible.length) counts['rows-missing'] += 1;
    if (random('order', number) >= SHARE.pagesOutOfOrder) return kept;
    counts['rows-out-of-order'] += 1;
    for (let at = 1; at < kept.length; at += 1) {
      const [before, row] = [kept[at - 1], kept[at]];
      if (before !== undefined && row !== undefined && random('swap', number, at) < 0.3) {
        kept[at - 1] = row;
        kept[at] = before;
      }
    }
    return kept;
  };

  const handle = async (body: string, response: ServerResponse): Promise<void> => {
    const call = JSON.parse(body) as Call;
    if (Array.isArray(call)) {
      // Several calls in one request are not served here: each is to meet its own fault.
      response.end('{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid request"}}');
      return;
    }
    calls += 1;
    const number = calls;
    let dice = random('http', number);
    const happens = (share: number): boolean => {
      dice -= share;
      return dice < 0 && dice >= -share;
    };
    if (happens(SHARE.cut)) {
      counts.cut += 1;
      response.destroy();
    } else if (happens(SHARE.stalled)) {
      // Never answered; the socket stays open until the client gives up.
      counts.stalled += 1;
    } else if (happens(SHARE.rateLimited)) {
      counts['rate-limited'] += 1;
      const headers = random('retry-after', number) < 0.5 ? { 'retry-after': '1' } : {};
      response.writeHead(429, headers).end('Too many requests');
    } else if (happens(SHARE.serverError)) {
      counts['server-error'] += 1;
      response.writeHead(number % 2 === 0 ? 502 : 503, { 'content-type': 'text/html' }).end('<html>Bad gateway</html>');
    } else if (happens(SHARE.notJson)) {
      counts['not-json'] += 1;
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc":"2.0","result":[{"signat');
    } else {
      const lags = random('lags', number) < SHARE.lagging;
      const lagSlots = lags ? 1 + Math.floor(random('lag', number) * LONGEST_LAG_SLOTS) : 0;
      const reply = await answer(call, number, lagSlots).then(
        (result) => ({ result }),
        (error: unknown) => {
          if (error instanceof RpcFailure) return { error: error.body };
          throw error;
        },
      );
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: call.id, ...reply }));
    }
  };

  const server = createServer((request, response) => {
    void readBody(request)
      .then((body) => handle(body, response))
      .catch(() => response.destroy());
  });
  const sockets = new WebSocketServer({ server });
  let connections = 0;
  sockets.on('connection', (client) => {
    connections += 1;
    const connection = connections;
    const upstream = new WebSocket(chain.wsUrl);
    const waiting: string[] = [];
    let messages = 0;
    let silent = false;
    client.on('message', (data: Buffer) => {
      if (upstream.readyState === WebSocket.OPEN) upstream.send(data.toString());
      else waiting.push(data.toString());
    });
    upstream.on('open', () => {
      for (const message of waiting) upstream.send(message);
    });
    upstream.on('message', (data: Buffer) => {
      messages += 1;
      if (!silent && random('silent', connection, messages) < SHARE.socketSilent) {
        counts['socket-silent'] += 1;
        silent = true;
      }
      if (silent) return;
      if (random('close', connection, messages) < SHARE.socketClosed) {
        counts['socket-closed'] += 1;
        client.terminate();
      } else if (random('drop', connection, messages) < SHARE.notificationDropped) counts['notification-dropped'] += 1;
      else client.send(data.toString());
    });
    client.on('close', () => upstream.terminate());
    client.on('error', () => client.terminate());
    upstream.on('close', () => client.terminate());
    upstream.on('error', () => client.terminate());
  });

  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    rpcUrl: `http://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${port}`,
    counts,
    async stop() {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

/** An answer of the chain that is an error. */
class RpcFailure extends Error {
  readonly body: unknown;

  constructor(body: unknown) {
    super('the chain answers with an error');
    this.body = body;
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
