/** ao_webhooks_* */

import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client';

export class WebhooksMetrics {
  readonly delivered: Counter<'endpoint' | 'kind'>;
  readonly retries: Counter<'endpoint' | 'reason'>;
  readonly deadLetters: Counter<'endpoint' | 'code'>;
  readonly deliverySeconds: Histogram;

  /** @param oldestSeconds Age of the oldest message that is not delivered, by endpoint; 0 where none waits. */
  constructor(registry: Registry, oldestSeconds: () => ReadonlyMap<string, number>) {
    const registers = [registry];
    this.delivered = new Counter({
      name: 'ao_webhooks_delivered_total',
      help: 'Messages that an endpoint took',
      labelNames: ['endpoint', 'kind'],
      registers,
    });
    this.retries = new Counter({
      name: 'ao_webhooks_retries_total',
      help: 'Deliveries that must be tried again',
      labelNames: ['endpoint', 'reason'],
      registers,
    });
    this.deadLetters = new Counter({
      name: 'ao_webhooks_dead_letters_total',
      help: 'Messages put to the dead letters',
      labelNames: ['endpoint', 'code'],
      registers,
    });
    this.deliverySeconds = new Histogram({
      name: 'ao_webhooks_delivery_seconds',
      help: 'Duration of one try of a delivery',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    new Gauge({
      name: 'ao_webhooks_oldest_seconds',
      help: 'Age of the oldest message that the endpoint has not taken yet; 0: none waits',
      labelNames: ['endpoint'],
      registers,
      collect() {
        this.reset();
        for (const [endpoint, seconds] of oldestSeconds()) this.set({ endpoint }, seconds);
      },
    });
  }
}
