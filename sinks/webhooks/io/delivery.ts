/** Brings one message to its endpoint, however long that takes. */

import { setTimeout as delay } from 'node:timers/promises';
import { type AnswerVerdict, judgeAnswer } from '../../../domain/answer-verdict.ts';
import { backoffMs } from '../../../runtime/backoff.ts';
import { AppError, codeOf, messageOf } from '../../../runtime/errors.ts';
import type { Holds } from '../../../runtime/holds.ts';
import type { Logger } from '../../../runtime/logging.ts';
import { connectionFault } from '../core/connection-fault.ts';
import type { OutgoingMessage } from '../core/message.ts';
import type { EndpointClient } from './endpoint-client.ts';
import type { Endings } from './partition-queue.ts';
import type { Slots } from './slots.ts';
import type { WebhooksMetrics } from './webhooks-metrics.ts';

export interface DeliveryOptions {
  readonly endpointId: string;
  readonly client: Pick<EndpointClient, 'post' | 'close'>;
  /** How many messages are under way to the endpoint, pauses between tries included. */
  readonly slots: Slots;
  readonly maxBackoffMs: number;
  readonly metrics: WebhooksMetrics;
  readonly holds: Holds;
  readonly log: Logger;
}

/** Why a message is over: the endpoint took it, refused it for good, or it was ended from outside. */
export type Ending = { readonly kind: 'taken' | 'ended' } | { readonly kind: 'refused'; readonly error: AppError };

const FIRST_BACKOFF_MS = 250;

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #labels: { readonly endpoint: string };

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#labels = { endpoint: options.endpointId };
  }

  /** What is held of an endpoint. */
  get #subject(): string {
    return `the endpoint ${this.#options.endpointId}`;
  }

  /** Closes the connections and forgets what is held. */
  close(): void {
    this.#options.client.close();
    this.#release();
  }

  async deliver(message: OutgoingMessage, where: Readonly<Record<string, unknown>>, endings: Endings): Promise<Ending> {
    const { slots } = this.#options;
    await slots.take();
    try {
      return await this.#untilOver(message, where, endings);
    } finally {
      slots.give();
    }
  }

  async #untilOver(
    message: OutgoingMessage,
    where: Readonly<Record<string, unknown>>,
    { closing, cut }: Endings,
  ): Promise<Ending> {
    const { endpointId, metrics, maxBackoffMs, log } = this.#options;
    for (let attempt = 1; !closing.aborted; attempt += 1) {
      const verdict = await this.#tryOnce(message, cut);
      if (cut.aborted) break;
      this.#tell(verdict);
      if (verdict.kind === 'taken') {
        metrics.delivered.inc({ ...this.#labels, kind: message.kind });
        return { kind: 'taken' };
      }
      if (verdict.kind === 'refused') {
        const text = `The endpoint ${endpointId} refused the message ${message.id}: ${verdict.reason}. Once it takes it: npx ao webhooks redeliver ${endpointId}.`;
        return { kind: 'refused', error: new AppError('WEBHOOK_REFUSED', text) };
      }
      metrics.retries.inc({ ...this.#labels, reason: verdict.reason });
      const asked = verdict.kind === 'retry' ? verdict.afterMs : undefined;
      const pauseMs = asked ?? backoffMs(attempt, FIRST_BACKOFF_MS, maxBackoffMs);
      const line = { endpoint: endpointId, id: message.id, ...where, attempt, pauseMs, reason: verdict.reason };
      log.warn({ ...line, err: verdict.error }, 'delivery failed; trying again');
      await delay(pauseMs, undefined, { signal: closing }).catch(() => undefined);
    }
    return { kind: 'ended' };
  }

  async #tryOnce(message: OutgoingMessage, cut: AbortSignal): Promise<AnswerVerdict & { error?: unknown }> {
    const { client, metrics } = this.#options;
    const endTimer = metrics.deliverySeconds.startTimer();
    try {
      return judgeAnswer(await client.post(message.id, message.body, cut), Date.now());
    } catch (error) {
      return { ...connectionFault(codeOf(error)), error };
    } finally {
      endTimer();
    }
  }

  /** An endpoint that is registered or guarded wrongly is held, whatever the message; the tries go on. */
  #tell(verdict: AnswerVerdict & { error?: unknown }): void {
    const { endpointId, holds } = this.#options;
    if (verdict.kind === 'taken' || verdict.kind === 'refused') this.#release();
    if (verdict.kind !== 'misconfigured') return;
    const why =
      verdict.error === undefined ? `it answers ${verdict.reason.replace('_', ' ')}` : messageOf(verdict.error);
    const code =
      codeOf(verdict.error) === 'WEBHOOK_ADDRESS_FORBIDDEN' ? 'WEBHOOK_ADDRESS_FORBIDDEN' : 'WEBHOOK_MISCONFIGURED';
    const text = `The endpoint ${endpointId} cannot take any message, which none can mend: ${why}. Check its url, certificate and secrets in WEBHOOKS_FILE; npx ao webhooks test ${endpointId} tries it. Nothing is skipped, the others go on.`;
    holds.hold(this.#subject, new AppError(code, text), { endpoint: endpointId });
  }

  #release(): void {
    this.#options.holds.release(this.#subject);
  }
}
