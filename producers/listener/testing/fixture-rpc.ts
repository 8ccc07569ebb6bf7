/**
 * A small JSON-RPC and WebSocket server over transactions that a test hands it: another server than the local chain, with
 * only the methods that a listener needs, and with a hook for every kind of bad answer.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** A transaction as the server gives it. */
export interface FixtureTransaction {
  readonly signature: string;
  readonly slot: number;
  readonly blockTime: number | null;
  readonly failed: boolean;
  /** The getTransaction answer. */
  readonly answer: unknown;
}

export interface FixtureRequest {
  readonly method: string;
  readonly params: readonly unknown[];
  /** Requests for this method so far. */
  readonly count: number;
}

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What is answered in place of the truth. */
export type Interference =
  | { readonly status: number; readonly retryAfter?: string }
  | { readonly error: { readonly code: number; readonly message: string } }
  | { readonly result: unknown }
  | { readonly body: string }
  /** No answer at all. */
  | { readonly silent: true };

export interface FixtureOptions {
  /** Refuses what it has not reached; gives no row below it; does not look at it; or knows no such parameter. */
  readonly minContext?: 'honoured' | 'filters' | 'ignored' | 'rejected';
  readonly webSocket?: boolean;
  /** Serves getBlocks and getBlock. Default false. */
  readonly blocks?: boolean;
  /** Most calls that it answers in one request; 1: none in a batch. Default: any number. */
  readonly mostTogether?: number;
  /** Most rows of a list of signatures. Default 1000. */
  readonly pageRows?: number;
  /** Rows that its lists of signatures never have. */
  hides?(signature: string): boolean;
  /** Sends slot notifications. Default true. */
  readonly slots?: boolean;
  interfere?(request: FixtureRequest): Interference | undefined;
}

export class FixtureRpc {
  readonly #options: FixtureOptions;
  readonly #server: Server;
  readonly #sockets: WebSocketServer | undefined;
  readonly #logSubscribers = new Set<WebSocket>();
  readonly #slotSubscribers = new Set<WebSocket>();
  readonly #counts = new Map<string, number>();
  readonly #transactions = new Map<string, FixtureTransaction>();
  /** Oldest first. */
  #ordered: FixtureTransaction[] = [];
  finalizedSlot = 0;
  /** First slot of which it claims to hold blocks. */
  firstSlot = 0;
  genesisHash = 'fixture-genesis';
  /** Above the finalised slot on a cluster that finalises later. */
  confirmedSlot: number | undefined;
  /** Answer of getAgGenesisCert; undefined: it knows no such method. */
  alpenglowCertificate: object | null | undefined;
  /** Calls of each request that held several. */
  readonly batchesServed: number[] = [];
  /** Told of each request once it is answered. */
  afterCall: (method: string) => void = () => undefined;

  private constructor(options: FixtureOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    if (options.webSocket === false) return;
    this.#sockets = new WebSocketServer({ server: this.#server });
    this.#sockets.on('connection', (socket) => this.#connected(socket));
  }

  static async start(options: FixtureOptions = {}): Promise<FixtureRpc> {
    const fixture = new FixtureRpc(options);
    await new Promise<void>((resolve) => fixture.#server.listen(0, '127.0.0.1', resolve));
    return fixture;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Open connections that asked for logs. */
  get subscribers(): number {
    return this.#logSubscribers.size;
  }

  calls(method: string): number {
    return this.#counts.get(method) ?? 0;
  }

  add(transactions: readonly FixtureTransaction[]): void {
    for (const transaction of transactions) this.#transactions.set(transaction.signature, transaction);
    this.#ordered = [...this.#transactions.values()].sort((a, b) => a.slot - b.slot);
  }

  remove(signature: string): void {
    this.#transactions.delete(signature);
    this.#ordered = this.#ordered.filter((transaction) => transaction.signature !== signature);
  }

  /** Adds a transaction and tells the subscribers. */
  announce(transaction: FixtureTransaction): void {
    this.add([transaction]);
    const value = { signature: transaction.signature, err: transaction.failed ? {} : null, logs: [] };
    notify(this.#logSubscribers, 'logsNotification', { context: { slot: transaction.slot }, value });
  }

  announceSlot(slot: number): void {
    notify(this.#slotSubscribers, 'slotNotification', { slot, parent: slot - 1, root: slot - 32 });
  }

  /** Cuts every WebSocket. */
  dropSockets(): void {
    for (const socket of this.#sockets?.clients ?? []) socket.terminate();
  }

  async stop(): Promise<void> {
    this.dropSockets();
    this.#sockets?.close();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    // The client gave up.
    if (chunks.length === 0) return;
    const asked = JSON.parse(Buffer.concat(chunks).toString()) as Request | Request[];
    if (!Array.isArray(asked)) return this.#serveOne(asked, response);
    if (asked.length > (this.#options.mostTogether ?? Number.POSITIVE_INFINITY)) {
      const error = { code: -32600, message: 'Batches of this size are not served' };
      response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error }));
      return;
    }
    this.batchesServed.push(asked.length);
    const answers: string[] = [];
    for (const request of asked) {
      const { text, bad } = this.#answerTo(request);
      if (text === undefined) return this.#misbehave(bad, response);
      answers.push(text);
    }
    response.setHeader('content-type', 'application/json');
    response.end(`[${answers.join(',')}]`);
    for (const { method } of asked) this.afterCall(method);
  }

  #serveOne(request: Request, response: ServerResponse): void {
    const { text, bad } = this.#answerTo(request);
    if (text === undefined) return this.#misbehave(bad, response);
    response.setHeader('content-type', 'application/json');
    response.end(text);
    this.afterCall(request.method);
  }

  /** No text where the whole response is another one. */
  #answerTo({ id, method, params }: Request): { readonly text?: string; readonly bad?: Interference | undefined } {
    const count = this.#counts.get(method) ?? 0;
    this.#counts.set(method, count + 1);
    const bad = this.#options.interfere?.({ method, params, count });
    if (bad !== undefined && ('silent' in bad || 'status' in bad || 'body' in bad)) return { bad };
    return { text: JSON.stringify({ jsonrpc: '2.0', id, ...(bad ?? this.#answer(method, params)) }) };
  }

  #misbehave(bad: Interference | undefined, response: ServerResponse): void {
    if (bad !== undefined && 'status' in bad) {
      response.writeHead(bad.status, bad.retryAfter === undefined ? {} : { 'retry-after': bad.retryAfter });
      response.end();
    } else if (bad !== undefined && 'body' in bad) response.end(bad.body);
  }

  #answer(
    method: string,
    params: readonly unknown[],
  ): { result: unknown } | { error: { code: number; message: string } } {
    switch (method) {
      case 'getSlot':
        return { result: this.#slot(params[0]) };
      case 'getAgGenesisCert':
        if (this.alpenglowCertificate === undefined) return { error: { code: -32601, message: 'Method not found' } };
        return { result: this.alpenglowCertificate };
      case 'getFirstAvailableBlock':
        return { result: this.firstSlot };
      case 'getGenesisHash':
        return { result: this.genesisHash };
      case 'getBlockTime':
        return { result: this.#ordered.findLast(({ slot }) => slot <= (params[0] as number))?.blockTime ?? null };
      case 'getTransaction': {
        const found = this.#transactions.get(params[0] as string);
        const final = (params[1] as { commitment: string }).commitment === 'finalized';
        const visible = found !== undefined && (!final || found.slot <= this.finalizedSlot);
        return { result: visible ? found.answer : null };
      }
      case 'getSignatureStatuses':
        return { result: { context: { slot: this.finalizedSlot }, value: [this.#status((params[0] as string[])[0])] } };
      case 'getBlocks':
      case 'getBlock':
        return this.#blocks(method, params);
      case 'getSignaturesForAddress':
        return this.#signatures(params[1] as Record<string, unknown>);
      default:
        return { error: { code: -32601, message: `Method not found: ${method}` } };
    }
  }

  #slot(config: unknown): number {
    const { commitment } = (config ?? {}) as { commitment?: string };
    return commitment === 'finalized' ? this.finalizedSlot : (this.confirmedSlot ?? this.finalizedSlot);
  }

  /** Every slot has a block. */
  #blocks(
    method: string,
    [slot, toSlot]: readonly unknown[],
  ): { result: unknown } | { error: { code: number; message: string } } {
    if (this.#options.blocks !== true) return { error: { code: -32601, message: `Method not found: ${method}` } };
    const from = slot as number;
    if (method === 'getBlocks') {
      const last = Math.min(toSlot as number, this.finalizedSlot);
      return { result: Array.from({ length: Math.max(0, last - from + 1) }, (_, index) => from + index) };
    }
    return {
      result: {
        ...{ parentSlot: Math.max(0, from - 1), blockhash: `hash-${from}`, previousBlockhash: `hash-${from - 1}` },
        blockTime: 1_760_000_000 + from,
        transactions: this.#ordered.filter((each) => each.slot === from).map(({ answer }) => answer),
      },
    };
  }

  #status(signature: string | undefined): unknown {
    const found = this.#transactions.get(signature ?? '');
    if (found === undefined) return null;
    const final = found.slot <= this.finalizedSlot;
    const confirmationStatus = final ? 'finalized' : 'confirmed';
    return { slot: found.slot, err: null, confirmationStatus, confirmations: final ? null : 1 };
  }

  #signatures(config: Record<string, unknown>): { result: unknown } | { error: { code: number; message: string } } {
    const { minContext = 'honoured' } = this.#options;
    const { minContextSlot, before, limit, commitment } = config as Record<string, number & string>;
    if (minContextSlot !== undefined && minContext === 'rejected') {
      return { error: { code: -32602, message: 'Invalid params: unknown field `minContextSlot`' } };
    }
    if (minContextSlot !== undefined && minContext === 'honoured' && minContextSlot > this.finalizedSlot) {
      return { error: { code: -32016, message: 'Minimum context slot has not been reached' } };
    }
    const lowest = minContext === 'filters' ? (minContextSlot ?? 0) : 0;
    const visible = this.#ordered.filter(
      ({ slot, signature }) =>
        this.#options.hides?.(signature) !== true &&
        slot >= Math.max(lowest, this.firstSlot) &&
        (commitment !== 'finalized' || slot <= this.finalizedSlot),
    );
    const end = before === undefined ? visible.length : visible.findIndex(({ signature }) => signature === before);
    const rows =
      end < 0
        ? []
        : visible.slice(Math.max(0, end - Math.min(limit ?? 1000, this.#options.pageRows ?? 1000)), end).reverse();
    return {
      result: rows.map(({ signature, slot, blockTime, failed }) => ({
        signature,
        slot,
        blockTime,
        err: failed ? { InstructionError: [0, { Custom: 6006 }] } : null,
        memo: null,
        confirmationStatus: slot <= this.finalizedSlot ? 'finalized' : 'confirmed',
      })),
    };
  }

  #connected(socket: WebSocket): void {
    socket.on('message', (data: Buffer) => {
      const { id, method } = JSON.parse(data.toString()) as { id: number; method: string };
      const known = method === 'logsSubscribe' || (method === 'slotSubscribe' && this.#options.slots !== false);
      if (method === 'logsSubscribe') this.#logSubscribers.add(socket);
      else if (known) this.#slotSubscribers.add(socket);
      const answer = known ? { result: 1 } : { error: { code: -32601, message: 'Method not found' } };
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
    });
    socket.on('close', () => {
      this.#logSubscribers.delete(socket);
      this.#slotSubscribers.delete(socket);
    });
  }
}

function notify(sockets: Iterable<WebSocket>, method: string, result: unknown): void {
  const text = JSON.stringify({ jsonrpc: '2.0', method, params: { subscription: 1, result } });
  for (const socket of sockets) socket.send(text);
}
