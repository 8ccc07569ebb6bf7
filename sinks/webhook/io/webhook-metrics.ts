/** ao_webhook_* */

import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client';

export class WebhookMetrics {
  readonly pushed: Counter;
  readonly skipped: Counter<'reason'>;
  readonly retries: Counter<'reason'>;
  readonly deadLetters: Counter<'code'>;
  readonly pushSeconds: Histogram;
  readonly lag: Gauge<'partition'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.pushed = new Counter({ name: 'ao_webhook_pushed_total', help: 'Events the aggregator took', registers });
    this.skipped = new Counter({
      name: 'ao_webhook_skipped_total',
      help: 'Events that are not pushed',
      labelNames: ['reason'],
      registers,
    });
    this.retries = new Counter({
      name: 'ao_webhook_retries_total',
      help: 'Pushes that must be tried again',
      labelNames: ['reason'],
      registers,
    });
    this.deadLetters = new Counter({
      name: 'ao_webhook_dead_letters_total',
      help: 'Records put to the dead letters',
      labelNames: ['code'],
      registers,
    });
    this.pushSeconds = new Histogram({
      name: 'ao_webhook_push_seconds',
      help: 'Duration of one push',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    this.lag = new Gauge({
      name: 'ao_webhook_lag_records',
      help: 'Records of the partition not yet read',
      labelNames: ['partition'],
      registers,
    });
  }
}
