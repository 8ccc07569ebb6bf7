/** One sender for each registered endpoint, kept as the file says. */

import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Holds } from '../../../runtime/holds.ts';
import type { Logger } from '../../../runtime/logging.ts';
import type { WaitFor } from '../../../runtime/wait-for.ts';
import type { Endpoint } from '../core/endpoint.ts';
import type { EndpointSender } from './endpoint-sender.ts';
import { readEndpoints } from './endpoints-file.ts';

export interface SendersOptions {
  readonly path: string;
  readonly holds: Holds;
  readonly log: Logger;
  readonly waitFor: WaitFor;
  readonly signal: AbortSignal;
  make(endpoint: Endpoint): EndpointSender;
}

const READ_EVERY_MS = 2000;

export class Senders {
  readonly #options: SendersOptions;
  readonly #senders = new Map<string, EndpointSender>();
  #loop: Promise<void> | undefined;

  constructor(options: SendersOptions) {
    this.#options = options;
  }

  get all(): readonly EndpointSender[] {
    return [...this.#senders.values()];
  }

  /** Begins with what the file says now, and follows it from then on. @throws AppError WEBHOOKS_FILE_INVALID */
  async start(): Promise<void> {
    await this.#become(await readEndpoints(this.#options.path));
    this.#loop = this.#follow();
  }

  async stop(): Promise<void> {
    await this.#loop;
    await Promise.all(this.all.map((sender) => sender.stop()));
  }

  async #follow(): Promise<void> {
    const { path, holds, signal } = this.#options;
    const subject = `the endpoints in ${path}`;
    for (;;) {
      await delay(READ_EVERY_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        const endpoints = await readEndpoints(path);
        holds.release(subject);
        await this.#become(endpoints);
      } catch (error) {
        if (!signal.aborted) holds.hold(subject, error);
      }
    }
  }

  /** Only what is registered otherwise now is stopped and begun anew. */
  async #become(endpoints: readonly Endpoint[]): Promise<void> {
    const { log, make, waitFor } = this.#options;
    const wanted = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]));
    const over = this.all.filter(({ endpoint }) => !isDeepStrictEqual(endpoint, wanted.get(endpoint.id)));
    await Promise.all(
      over.map(async (sender) => {
        this.#senders.delete(sender.endpoint.id);
        await sender.stop();
        log.info({ endpoint: sender.endpoint.id }, 'no longer delivered to as it was registered');
      }),
    );
    const begun = endpoints.filter(({ id }) => !this.#senders.has(id)).map(make);
    for (const sender of begun) this.#senders.set(sender.endpoint.id, sender);
    await Promise.all(
      begun.map(async (sender) => {
        await waitFor('Kafka', () => sender.start());
        const { id, kinds, channels, from } = sender.endpoint;
        log.info({ endpoint: id, kinds, channels: channels ?? 'all', since: from }, 'delivers');
      }),
    );
  }
}
