/** The endpoint of an integrator: verifies what comes by the SDK and keeps it. */

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AttentionOracleError, type VerifiedWebhook, verifyWebhook, type WebhookMessage } from '@attention-oracle/sdk';

export const SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;

/** What it answers to a message, by status. */
export type Answering = (webhook: VerifiedWebhook, nth: number) => number;

export class Receiver {
  readonly #server: Server;
  /** Every message that it answered 2xx, in the order in which it came, repetitions included. */
  readonly taken: VerifiedWebhook[] = [];
  /** Everything that came. */
  readonly seen: VerifiedWebhook[] = [];
  answering: Answering = () => 204;
  secret: string | readonly string[] = SECRET;

  private constructor() {
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const webhook = this.#verified(request.headers, Buffer.concat(parts));
        if (webhook === undefined) {
          response.writeHead(401).end();
          return;
        }
        this.seen.push(webhook);
        const status = this.answering(webhook, this.seen.length);
        if (status >= 200 && status < 300) this.taken.push(webhook);
        response.writeHead(status).end();
      });
    });
  }

  static async start(port = 0): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.#server.listen(port, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hooks`;
  }

  /** The messages of a channel as an integrator counts them: each id once. */
  once(channel?: string): WebhookMessage[] {
    const firsts = new Map(this.taken.toReversed().map(({ id, message }) => [id, message]));
    const all = [...firsts.values()].reverse();
    return channel === undefined ? all : all.filter(({ data }) => 'channel' in data && data.channel === channel);
  }

  #verified(headers: IncomingHttpHeaders, body: Buffer): VerifiedWebhook | undefined {
    try {
      return verifyWebhook({ secret: this.secret, headers, body });
    } catch (error) {
      if (error instanceof AttentionOracleError) return undefined;
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}
