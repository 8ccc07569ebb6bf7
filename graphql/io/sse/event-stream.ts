/** One answer that goes on: what may wait for its client, and how it ends. The counterpart of a WebSocket's connection. */

import type { ServerResponse } from 'node:http';
import { CLIENT_GONE, type Closing, COMPLETE, SLOW_READER } from '../../core/close-codes.ts';
import type { OpenConnection } from '../websocket/sockets.ts';

export interface EventStreamLimits {
  /** Bytes that may wait for the client. */
  readonly waitingBytes: number;
  /** How often the client is sent a sign of life; who has taken nothing since the one before is let go. */
  readonly pingEveryMs?: number;
}

const PING_EVERY_MS = 12_000;
/** How long a client that does not read keeps its connection after it was closed. */
const CLOSING_MS = 2000;
const SIGN_OF_LIFE = ':\n\n';

export class EventStream implements OpenConnection {
  readonly #response: ServerResponse;
  readonly #limits: EventStreamLimits;
  readonly #ended = Promise.withResolvers<Closing>();
  /** Resolves when the connection is over. */
  readonly gone: Promise<void>;
  readonly #pings: NodeJS.Timeout;
  /** Writes that the system has not taken, and how many it took since the last sign of life. */
  #waiting = 0;
  #taken = 1;
  #isEnded = false;

  /** @param response With its headers written. */
  constructor(response: ServerResponse, limits: EventStreamLimits) {
    this.#response = response;
    this.#limits = limits;
    this.#pings = setInterval(() => this.#ping(), limits.pingEveryMs ?? PING_EVERY_MS);
    response.on('error', () => response.destroy());
    const gone = Promise.withResolvers<void>();
    this.gone = gone.promise;
    const onGone = (): void => {
      this.#end(CLIENT_GONE);
      gone.resolve();
    };
    if (response.closed || response.destroyed) onGone();
    else response.once('close', onGone);
  }

  /** Bytes that the client has not taken yet. */
  get waitingBytes(): number {
    return this.#response.writableLength;
  }

  /** Resolves as soon as nothing can be delivered any more. */
  get ended(): Promise<Closing> {
    return this.#ended.promise;
  }

  /** Resolves when the system has taken the text, which it does not while the client does not read, or at the end. */
  async send(text: string): Promise<void> {
    if (this.#isEnded) return;
    if (this.waitingBytes > this.#limits.waitingBytes) {
      this.close(SLOW_READER);
      return;
    }
    this.#waiting += 1;
    const taken = new Promise<void>((resolve) => {
      this.#response.write(text, () => {
        this.#waiting -= 1;
        this.#taken += 1;
        resolve();
      });
    });
    await Promise.race([taken, this.ended]);
  }

  /** A comment tells the code and the reason: clients of the protocol do not see it, and connect again, for nothing was completed. */
  close({ code, reason }: Closing): void {
    if (this.#isEnded) return;
    this.#end({ code, reason });
    this.#response.end(`: closed ${code} ${reason}\n\n`);
    setTimeout(() => this.#response.destroy(), CLOSING_MS).unref();
  }

  /** All was delivered. */
  complete(): void {
    if (this.#isEnded) return;
    this.#end(COMPLETE);
    this.#response.end();
  }

  #ping(): void {
    if (this.#waiting > 0 && this.#taken === 0) {
      this.close(SLOW_READER);
      return;
    }
    this.#taken = 0;
    void this.send(SIGN_OF_LIFE);
  }

  #end(closing: Closing): void {
    this.#isEnded = true;
    clearInterval(this.#pings);
    this.#ended.resolve(closing);
  }
}
