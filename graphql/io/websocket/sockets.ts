/** Every open WebSocket and stream of events, counted by client address. */

import { setTimeout as delay } from 'node:timers/promises';
import type { Closing } from '../../core/close-codes.ts';
import { addressKey } from '../../core/trusted-proxies.ts';

/** A WebSocket or a stream of events. */
export interface OpenConnection {
  /** Bytes that the client has not taken yet. */
  readonly waitingBytes: number;
  /** Resolves as soon as nothing can be delivered any more. */
  readonly ended: Promise<Closing>;
  /** Resolves when it is closed on both sides. */
  readonly gone: Promise<void>;
  close(closing: Closing): void;
}

export class Sockets {
  readonly #mostOfAnAddress: number;
  readonly #open = new Set<OpenConnection>();
  readonly #byAddress = new Map<string, number>();
  #closing: Closing | undefined;

  constructor(mostOfAnAddress: number) {
    this.#mostOfAnAddress = mostOfAnAddress;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Of all clients together. */
  get waitingBytes(): number {
    return [...this.#open].reduce((sum, { waitingBytes }) => sum + waitingBytes, 0);
  }

  mayOpen(address: string): boolean {
    return (this.#byAddress.get(addressKey(address)) ?? 0) < this.#mostOfAnAddress;
  }

  add(connection: OpenConnection, address: string): void {
    const key = addressKey(address);
    this.#open.add(connection);
    this.#byAddress.set(key, (this.#byAddress.get(key) ?? 0) + 1);
    void connection.ended.then(() => {
      this.#open.delete(connection);
      const left = (this.#byAddress.get(key) ?? 1) - 1;
      if (left === 0) this.#byAddress.delete(key);
      else this.#byAddress.set(key, left);
    });
    // One that was being opened when the others were closed.
    if (this.#closing !== undefined) connection.close(this.#closing);
  }

  /** Closes all that are open. */
  closeAll(closing: Closing): void {
    for (const connection of this.#open) connection.close(closing);
  }

  /** Closes all that are open and whichever still opens. Resolves when they are gone, or `waitMs` later. */
  async shut(closing: Closing, waitMs: number): Promise<void> {
    this.#closing = closing;
    const gone = Promise.all([...this.#open].map(({ gone: one }) => one));
    this.closeAll(closing);
    await Promise.race([gone, delay(waitMs, undefined, { ref: false })]);
  }
}
