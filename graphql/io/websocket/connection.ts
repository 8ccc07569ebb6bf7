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

/** Bytes that wait without anybody waiting for them: a message by itself is not worth a turn of the event loop. */
const FREELY_WAITING_BYTES = 32 * 1024;
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
  #isGathering = false;

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

  /**
   * Resolves when the message may be followed by another: at once while little waits, else when the system has taken it, which it does not
   * while the client does not read. What is sent in one turn of the event loop goes out together.
   */
  send(message: string): Promise<void> {
    if (this.#socket.readyState !== this.#socket.OPEN) return Promise.resolve();
    if (this.waitingBytes > this.limits.waitingBytes) {
      this.close(SLOW_READER);
      return Promise.resolve();
    }
    this.#gather();
    if (this.waitingBytes < Math.min(FREELY_WAITING_BYTES, this.limits.waitingBytes / 4)) {
      this.#socket.send(message);
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

  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    const { socket } = this.request.raw;
    socket.cork();
    setImmediate(() => {
      this.#isGathering = false;
      socket.uncork();
    });
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
