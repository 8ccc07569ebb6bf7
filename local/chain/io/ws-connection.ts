import type { WebSocket } from 'ws';
import type { ChainEvent, ChainState } from '../core/bank/chain-state.ts';
import { immediateSignature, notificationsFor } from './notifications.ts';
import { INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR, RpcError } from './rpc-error.ts';
import { errorText } from './rpc-service.ts';
import { readSubscription } from './subscribe.ts';
import { SUBSCRIPTION_KINDS, type Subscription } from './subscription.ts';

/** A client that reads so slowly that this much waits for it is disconnected, as a validator does. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

/** One WebSocket client and its subscriptions. */
export class WsConnection {
  readonly #socket: WebSocket;
  readonly #state: ChainState;
  readonly #number: number;
  readonly #nextId: () => number;
  readonly #subscriptions = new Map<number, Subscription>();
  #sent = 0;
  #stalled = false;

  constructor(socket: WebSocket, state: ChainState, options: { number: number; nextId: () => number }) {
    this.#socket = socket;
    this.#state = state;
    this.#number = options.number;
    this.#nextId = options.nextId;
    socket.on('message', (data: Buffer) => this.#receive(data.toString('utf8')));
  }

  #receive(text: string): void {
    let request: Record<string, unknown>;
    try {
      request = (JSON.parse(text) ?? {}) as Record<string, unknown>;
    } catch {
      this.#send(errorText(null, new RpcError(PARSE_ERROR, 'Parse error')));
      return;
    }
    const id = request['id'] ?? null;
    try {
      this.#run(id, request['method'], request['params']);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      this.#send(errorText(id, error));
    }
  }

  #run(id: unknown, method: unknown, params: unknown): void {
    if (typeof method !== 'string') throw new RpcError(INVALID_REQUEST, 'Invalid request');
    const list = Array.isArray(params) ? (params as unknown[]) : [];
    if (method === 'ping') return;
    const match = /^([a-z]+)(Subscribe|Unsubscribe)$/.exec(method);
    const kind = SUBSCRIPTION_KINDS.find((known) => known === match?.[1]);
    if (kind === undefined) throw new RpcError(METHOD_NOT_FOUND, 'Method not found');
    if (match?.[2] === 'Unsubscribe') {
      const known = typeof list[0] === 'number' && this.#subscriptions.delete(list[0]);
      if (!known) throw new RpcError(-32_602, 'Invalid subscription id.');
      this.#answer(id, true);
      return;
    }
    const subscription = readSubscription(kind, list);
    const number = this.#nextId();
    this.#subscriptions.set(number, subscription);
    this.#answer(id, number);
    const now = immediateSignature(subscription, this.#state);
    if (now !== null) this.#notify(number, subscription, now);
  }

  #answer(id: unknown, result: unknown): void {
    this.#send(`{"jsonrpc":"2.0","result":${JSON.stringify(result)},"id":${JSON.stringify(id)}}`);
  }

  /** Tells the client what an event means for its subscriptions. */
  onEvent(event: ChainEvent): void {
    for (const [number, subscription] of this.#subscriptions) {
      for (const text of notificationsFor(subscription, event, this.#state)) this.#notify(number, subscription, text);
    }
  }

  #notify(number: number, subscription: Subscription, result: string): void {
    const { kind } = subscription;
    const fault = this.#state.faults.notification({ connection: this.#number, count: this.#sent++, kind });
    if (fault === 'close') {
      this.#socket.terminate();
      return;
    }
    if (fault === 'stall') this.#stalled = true;
    if (fault !== 'drop') {
      this.#send(
        `{"jsonrpc":"2.0","method":"${kind}Notification","params":{"result":${result},"subscription":${number}}}`,
      );
    }
    if (kind === 'signature') this.#subscriptions.delete(number);
  }

  #send(text: string): void {
    if (this.#stalled || this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) this.#socket.terminate();
    else this.#socket.send(text);
  }
}
