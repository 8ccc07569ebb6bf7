/**
 * The WebSocket subscription: signatures that mention the program, and slots as a sign of life. Reconnects with
 * back-off; a connection that is silent for too long is dropped. It may miss anything: the reconciling path does not.
 */

import { WebSocket } from 'ws';
import { backoffMs } from '../../../../runtime/backoff.ts';
import type { LiveSignature } from '../../core/live/live-path.ts';

export interface SubscriptionOptions {
  /** Tried in turn. */
  readonly urls: readonly string[];
  readonly programId: string;
  /** Silence after which a connection is dropped, ms. */
  readonly stallMs: number;
  /** At which signatures are told, when it subscribes. */
  readonly commitment: () => 'confirmed' | 'finalized';
  onSignature(signature: LiveSignature): void;
  onSlot(slot: number): void;
  /** Subscribed: what was missed before must be fetched. */
  onUp(): void;
  /** @param reason closed, refused, stalled, rejected, suspected, renewed: low in number, for metrics. */
  onDown(reason: string, detail: string): void;
}

const LOGS_ID = 1;
const SLOTS_ID = 2;
const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 15_000;
const HANDSHAKE_MS = 10_000;
/** A connection that held this long was good: the next back-off begins small again. */
const GOOD_MS = 10_000;

export class Subscription {
  readonly #options: SubscriptionOptions;
  #socket: WebSocket | undefined;
  #watch: NodeJS.Timeout | undefined;
  #reconnect: NodeJS.Timeout | undefined;
  #position = 0;
  #failures = 0;
  #openedMs = 0;
  #heardMs = 0;
  #slotMs: number | undefined;
  #up = false;
  #stopped = false;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
  }

  get isUp(): boolean {
    return this.#up;
  }

  start(): void {
    if (this.#stopped || this.#socket !== undefined) return;
    const { urls, stallMs } = this.#options;
    const url = urls[this.#position % urls.length] ?? '';
    const socket = new WebSocket(url, { handshakeTimeout: HANDSHAKE_MS, maxPayload: 64 * 1024 * 1024 });
    this.#socket = socket;
    this.#openedMs = this.#heardMs = Date.now();
    this.#slotMs = undefined;
    socket.on('open', () => this.#subscribe(socket));
    socket.on('message', (data: Buffer) => this.#message(socket, data));
    socket.on('pong', () => (this.#heardMs = Date.now()));
    socket.on('error', (error: NodeJS.ErrnoException) => this.#down(socket, 'refused', error.code ?? error.message));
    socket.on('close', (code) => this.#down(socket, 'closed', String(code)));
    this.#watch = setInterval(() => this.#check(socket), Math.max(20, Math.min(5000, stallMs / 4)));
  }

  /** Drops the connection: it was caught missing what it should have told. */
  suspect(detail: string): void {
    if (this.#socket !== undefined && this.#up) this.#down(this.#socket, 'suspected', detail);
  }

  /** Subscribes anew: the commitment changed. */
  renew(): void {
    if (this.#socket !== undefined) this.#down(this.#socket, 'renewed', this.#options.commitment());
  }

  stop(): void {
    this.#stopped = true;
    this.#up = false;
    clearTimeout(this.#reconnect);
    clearInterval(this.#watch);
    this.#socket?.removeAllListeners();
    this.#socket?.on('error', () => undefined);
    this.#socket?.terminate();
    this.#socket = undefined;
  }

  #subscribe(socket: WebSocket): void {
    const send = (id: number, method: string, params: unknown[]): void =>
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    const { programId, commitment } = this.#options;
    send(LOGS_ID, 'logsSubscribe', [{ mentions: [programId] }, { commitment: commitment() }]);
    send(SLOTS_ID, 'slotSubscribe', []);
  }

  #message(socket: WebSocket, data: Buffer): void {
    if (socket !== this.#socket) return;
    this.#heardMs = Date.now();
    const message = parse(data);
    if (message === undefined) return;
    if (message.id === LOGS_ID) {
      if (message.result === undefined) this.#down(socket, 'rejected', 'logsSubscribe was refused');
      else if (!this.#up) {
        this.#up = true;
        this.#options.onUp();
      }
      return;
    }
    if (message.method === 'logsNotification') this.#logs(message.params?.result);
    else if (message.method === 'slotNotification') {
      this.#slotMs = this.#heardMs;
      const { slot } = (message.params?.result ?? {}) as { slot?: unknown };
      if (typeof slot === 'number') this.#options.onSlot(slot);
    }
  }

  #logs(result: unknown): void {
    const { context, value } = (result ?? {}) as {
      context?: { slot?: unknown };
      value?: { signature?: unknown; err?: unknown };
    };
    if (typeof value?.signature !== 'string' || typeof context?.slot !== 'number') return;
    this.#options.onSignature({
      signature: value.signature,
      slot: context.slot,
      failed: (value.err ?? null) !== null,
    });
  }

  /** Silent: nothing at all, not even a pong; or slots that came and stopped. A chain that stands still sends no slots. */
  #check(socket: WebSocket): void {
    const { stallMs } = this.#options;
    const nowMs = Date.now();
    const silent = nowMs - this.#heardMs > stallMs;
    const slotsStopped = this.#slotMs !== undefined && nowMs - this.#slotMs > stallMs;
    const unanswered = !this.#up && nowMs - this.#openedMs > Math.max(stallMs, HANDSHAKE_MS);
    if (silent || slotsStopped || unanswered) this.#down(socket, 'stalled', slotsStopped ? 'no slots' : 'silence');
    else if (socket.readyState === WebSocket.OPEN) socket.ping();
  }

  #down(socket: WebSocket, reason: string, detail: string): void {
    if (socket !== this.#socket || this.#stopped) return;
    const heldMs = Date.now() - this.#openedMs;
    this.#socket = undefined;
    clearInterval(this.#watch);
    socket.removeAllListeners();
    socket.on('error', () => undefined);
    socket.terminate();
    const wasUp = this.#up;
    this.#up = false;
    this.#failures = wasUp && heldMs > GOOD_MS ? 1 : this.#failures + 1;
    if (!wasUp) this.#position += 1;
    this.#options.onDown(reason, detail);
    // The guesses for one address are tried without a pause, then with a longer and longer one.
    const rounds = Math.ceil(this.#failures / Math.max(1, this.#options.urls.length));
    const waitMs = backoffMs(rounds, FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS);
    this.#reconnect = setTimeout(() => this.start(), waitMs);
  }
}

interface Message {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly method?: unknown;
  readonly params?: { readonly result?: unknown };
}

function parse(data: Buffer): Message | undefined {
  try {
    const value: unknown = JSON.parse(data.toString());
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
