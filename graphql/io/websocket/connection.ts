/** One WebSocket: what may wait for its client, what its client may begin, and how it ends. */

import type { WebSocket } from '@fastify/websocket';
import type { FastifyRequest } from 'fastify';
import { type Closing, SILENT_CLIENT, SLOW_READER } from '../../core/close-codes.ts';
import { RateWindow } from '../../core/rate-window.ts';
import type { OpenConnection } from './sockets.ts';

export interface ConnectionLimits {
  /** Operations under way at once. */
  readonly operations: number;
  /** Operations begun in a minute. */
  readonly operationsPerMinute: number;
  /** Bytes that may wait for the client. */
  readonly waitingBytes: number;
}

const PING_EVERY_MS = 12_000;
/** How long a client that does not read keeps its socket after it was closed. */
const CLOSING_MS = 2000;

export class Connection implements OpenConnection {
  readonly request: FastifyRequest;
  readonly limits: ConnectionLimits;
  readonly rate: RateWindow;
  readonly #socket: WebSocket;
  readonly #ended = Promise.withResolvers<Closing>();
  /** Resolves when the socket is closed on both sides. */
  readonly gone: Promise<void>;
  readonly #pings: NodeJS.Timeout;
  #pongs = true;

  constructor(socket: WebSocket, request: FastifyRequest, limits: ConnectionLimits) {
    this.#socket = socket;
    this.request = request;
    this.limits = limits;
    this.rate = new RateWindow(limits.operationsPerMinute);
    this.#pings = setInterval(() => this.#ping(), PING_EVERY_MS);
    socket.on('pong', () => {
      this.#pongs = true;
    });
    socket.once('error', () => socket.terminate());
    socket.once('close', (code, reason) => this.#end({ code, reason: String(reason) }));
    this.gone = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  /** Bytes that the client has not taken yet. */
  get waitingBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Resolves as soon as nothing can be delivered any more. */
  get ended(): Promise<Closing> {
    return this.#ended.promise;
  }

  /** Resolves when the system has taken the message, which it does not while the client does not read. */
  send(message: string): Promise<void> {
    if (this.#socket.readyState !== this.#socket.OPEN) return Promise.resolve();
    if (this.waitingBytes > this.limits.waitingBytes) {
      this.close(SLOW_READER);
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#socket.send(message, () => resolve()));
  }

  onMessage(take: (message: string) => void): void {
    this.#socket.on('message', (data: Buffer) => take(data.toString()));
  }

  close(closing: Closing): void {
    this.#socket.close(closing.code, closing.reason);
    setTimeout(() => this.#socket.terminate(), CLOSING_MS).unref();
    this.#end(closing);
  }

  #ping(): void {
    if (!this.#pongs) this.close(this.waitingBytes > 0 ? SLOW_READER : SILENT_CLIENT);
    this.#pongs = false;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  #end(closing: Closing): void {
    clearInterval(this.#pings);
    this.#ended.resolve(closing);
  }
}
