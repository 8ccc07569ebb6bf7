/** Questions about a topic that not every broker knows yet, or whose partitions have no leader for a moment. */

import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../backoff.ts';

const ATTEMPTS = 30;
const PASSING = /^(UNKNOWN_TOPIC_OR_PARTITION|LEADER_NOT_AVAILABLE|NOT_LEADER_FOR_PARTITION)$/;

/** Asks again while brokers answer so, for about ten seconds. @throws what it fails with last, and anything else at once */
export async function onceKnown<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error) || attempt === ATTEMPTS) throw error;
      await delay(backoffMs(attempt, 20, 500));
    }
  }
}

/** The library hands out the broker's answer as it is, or as the cause of its own error. */
function isPassing(error: unknown): boolean {
  const { type, cause } = (error ?? {}) as { type?: unknown; cause?: unknown };
  return (typeof type === 'string' && PASSING.test(type)) || (cause !== undefined && isPassing(cause));
}
