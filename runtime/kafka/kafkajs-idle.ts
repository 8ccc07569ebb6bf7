/**
 * Mends kafkajs 2.2.4's request queue, which, with nothing pending and no throttling, sets a timer with a negative delay again
 * and again: 4 % of a core per idle process, and Node's TimeoutNegativeWarning.
 */

import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  /** Milliseconds since the epoch; -1 when not throttled. */
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
const schedule = Reflect.get(prototype, 'scheduleCheckPendingRequests');

prototype.scheduleCheckPendingRequests = function scheduleWhenNeeded(this: RequestQueue): void {
  if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
};
