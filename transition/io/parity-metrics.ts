/** ao_parity_* */

import { Counter, Gauge, type Registry } from '@prometheus-io/client';
import type { Verdict } from '../core/parity.ts';

export class ParityMetrics {
  readonly #roots: Gauge<'verdict'>;
  readonly #comparisons: Counter<'outcome'>;
  readonly #comparedAt: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#roots = new Gauge({
      name: 'ao_parity_roots',
      help: "Channels and epochs of the last comparison with the legacy system's roots, by verdict",
      labelNames: ['verdict'],
      registers,
    });
    this.#comparisons = new Counter({
      name: 'ao_parity_comparisons_total',
      help: 'Comparisons with the legacy system, by outcome: done or failed',
      labelNames: ['outcome'],
      registers,
    });
    this.#comparedAt = new Gauge({
      name: 'ao_parity_compared_timestamp_seconds',
      help: 'When the last comparison was done, Unix seconds; 0 before the first',
      registers,
    });
  }

  done(totals: Readonly<Record<Verdict, number>>): void {
    for (const [verdict, count] of Object.entries(totals)) this.#roots.set({ verdict }, count);
    this.#comparisons.inc({ outcome: 'done' });
    this.#comparedAt.set(Date.now() / 1000);
  }

  failed(): void {
    this.#comparisons.inc({ outcome: 'failed' });
  }
}
