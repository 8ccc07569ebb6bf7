/**
 * What a role holds because it cannot go on rightly. One place, so that the log, the metric, the alarm and readiness say the
 * same: a role that holds something is not ready.
 */

import { Gauge, type Registry } from '@prometheus-io/client';
import { codeOf, messageOf } from './errors.ts';
import type { Logger } from './logging.ts';

export interface Hold {
  /** What is held, e.g. `ao.stream-events.v1/3`, or what is waited for, e.g. `PostgreSQL`. */
  readonly subject: string;
  /** Stable code of the cause. */
  readonly code: string;
  /** What happened and what to do about it. */
  readonly reason: string;
  /** ISO 8601, UTC. */
  readonly since: string;
}

export class Holds {
  readonly #log: Logger;
  readonly #held = new Map<string, Hold>();

  constructor(log: Logger, registry: Registry) {
    this.#log = log;
    const held = this.#held;
    new Gauge({
      name: 'ao_held',
      help: 'Things that the role holds because it cannot go on rightly, by error code; alarm above 0',
      labelNames: ['code'],
      registers: [registry],
      collect() {
        this.reset();
        for (const { code } of held.values()) this.inc({ code });
      },
    });
  }

  /** Holds a subject; said once in the log, and again when the cause becomes another. */
  hold(subject: string, error: unknown, context: Readonly<Record<string, unknown>> = {}): void {
    const code = codeOf(error);
    const reason = messageOf(error);
    const known = this.#held.get(subject);
    if (known?.code === code && known.reason === reason) return;
    const since = known?.code === code ? known.since : new Date().toISOString();
    this.#held.set(subject, { subject, code, reason, since });
    if (known?.code !== code) this.#log.error({ ...context, subject, code, reason }, 'held');
  }

  /** The cause is gone; does nothing where nothing is held. */
  release(subject: string): void {
    const known = this.#held.get(subject);
    if (known === undefined) return;
    this.#held.delete(subject);
    this.#log.info({ subject, code: known.code, since: known.since }, 'goes on');
  }

  /** In the order in which they began. */
  get all(): readonly Hold[] {
    return [...this.#held.values()];
  }
}
