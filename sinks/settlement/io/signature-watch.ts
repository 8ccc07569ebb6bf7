/**
 * Notices of final transactions, by signatureSubscribe. A notice is never believed: it only makes the worker ask sooner. So nothing here
 * holds or fails: without a connection transactions are polled.
 */

import { WebSocket } from 'ws';
import { backoffMs } from '../../../runtime/backoff.ts';
import type { FinalityNotice } from '../core/ports.ts';

export interface SignatureWatchOptions {
  /** Tried in turn. */
  readonly urls: readonly string[];
  onFinal(signature: string): void;
  /** A connection that stood is lost. */
  onDown(reason: string): void;
}

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;
const HANDSHAKE_MS = 10_000;
/** A connection that does not answer a ping for so long is dead. */
const SILENT_MS = 30_000;
const MOST_BYTES_A_MESSAGE = 1024 * 1024;

export class SignatureWatch implements FinalityNotice {
  readonly #options: SignatureWatchOptions;
  /** Watched signature to the subscription that the server gave, once it has. */
  readonly #watched = new Map<string, number | undefined>();
  /** Requests under way, by id. */
  readonly #asked = new Map<number, string>();
  #socket: WebSocket | undefined;
  #retry: NodeJS.Timeout | undefined;
  #check: NodeJS.Timeout | undefined;
  #heardMs = 0;
  #failures = 0;
  #id = 0;
  #stopped = false;

  constructor(options: SignatureWatchOptions) {
    this.#options = options;
  }

  watch(signature: string): void {
    if (this.#watched.has(signature) || this.#stopped) return;
    this.#watched.set(signature, undefined);
    if (this.#socket === undefined) this.#connect();
    else if (this.#socket.readyState === WebSocket.OPEN) this.#subscribe(this.#socket, signature);
  }

  forget(signature: string): void {
    const subscription = this.#watched.get(signature);
    this.#watched.delete(signature);
    if (subscription !== undefined) this.#send('signatureUnsubscribe', [subscription]);
  }

  stop(): void {
    this.#stopped = true;
    this.#watched.clear();
    clearTimeout(this.#retry);
    this.#drop();
  }

  #connect(): void {
    if (this.#stopped || this.#retry !== undefined) return;
    const { urls } = this.#options;
    const socket = new WebSocket(urls[this.#failures % urls.length] ?? '', {
      handshakeTimeout: HANDSHAKE_MS,
      maxPayload: MOST_BYTES_A_MESSAGE,
    });
    this.#socket = socket;
    const heard = (): void => void (this.#heardMs = Date.now());
    heard();
    socket.on('open', () => {
      for (const signature of this.#watched.keys()) this.#subscribe(socket, signature);
    });
    socket.on('message', (data: Buffer) => {
      heard();
      this.#message(data);
    });
    socket.on('pong', heard);
    socket.on('error', (error: NodeJS.ErrnoException) => this.#down(socket, error.code ?? error.message));
    socket.on('close', (code) => this.#down(socket, `closed with ${code}`));
    this.#check = setInterval(() => {
      if (Date.now() - this.#heardMs > SILENT_MS) this.#down(socket, 'silence');
      else if (socket.readyState === WebSocket.OPEN) socket.ping();
    }, SILENT_MS / 3);
  }

  #subscribe(socket: WebSocket, signature: string): void {
    if (socket !== this.#socket) return;
    const id = this.#send('signatureSubscribe', [signature, { commitment: 'finalized' }]);
    if (id !== undefined) this.#asked.set(id, signature);
  }

  #send(method: string, params: unknown[]): number | undefined {
    if (this.#socket?.readyState !== WebSocket.OPEN) return undefined;
    const id = (this.#id += 1);
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return id;
  }

  #message(data: Buffer): void {
    const { id, result, method, params } = parse(data);
    if (typeof id === 'number') {
      const signature = this.#asked.get(id);
      this.#asked.delete(id);
      if (signature === undefined || typeof result !== 'number') return;
      this.#failures = 0;
      if (this.#watched.has(signature)) this.#watched.set(signature, result);
      else this.#send('signatureUnsubscribe', [result]);
    } else if (method === 'signatureNotification') {
      for (const [signature, subscription] of this.#watched) {
        if (subscription !== params?.subscription) continue;
        // The server has ended the subscription with it.
        this.#watched.set(signature, undefined);
        this.#options.onFinal(signature);
      }
    }
  }

  #down(socket: WebSocket, reason: string): void {
    if (socket !== this.#socket || this.#stopped) return;
    const stood = socket.readyState === WebSocket.OPEN || [...this.#watched.values()].some((id) => id !== undefined);
    this.#drop();
    for (const signature of this.#watched.keys()) this.#watched.set(signature, undefined);
    this.#failures += 1;
    if (stood) this.#options.onDown(reason);
    // The guesses for one address are tried without a growing pause.
    const rounds = Math.ceil(this.#failures / Math.max(1, this.#options.urls.length));
    this.#retry = setTimeout(
      () => {
        this.#retry = undefined;
        if (this.#watched.size > 0) this.#connect();
      },
      backoffMs(rounds, FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS),
    );
  }

  #drop(): void {
    clearInterval(this.#check);
    const socket = this.#socket;
    this.#socket = undefined;
    this.#asked.clear();
    socket?.removeAllListeners();
    socket?.on('error', () => undefined);
    socket?.terminate();
  }
}

interface Message {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly method?: unknown;
  readonly params?: { readonly subscription?: unknown };
}

function parse(data: Buffer): Message {
  try {
    const value: unknown = JSON.parse(data.toString());
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
