/** Stopping in order and in time: whatever is dead or hangs, the person at the terminal gets the prompt back. */

import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../runtime/errors.ts';

export interface Stoppable {
  stop(withinMs?: number): Promise<void>;
}

/** One step: its parts are stopped at the same time. */
export interface StopStep {
  readonly what: string;
  /** What it may take, ms; what is left of it is not given to the next. */
  readonly withinMs: number;
  readonly parts: readonly Stoppable[];
}

/** Stops step by step; goes on to the next when one fails or its time is over. */
export async function stopInOrder(steps: readonly StopStep[], log: (line: string) => void): Promise<void> {
  for (const { what, withinMs, parts } of steps) {
    const stopped = Promise.allSettled(parts.map((part) => part.stop(withinMs)));
    // A little longer than the parts have: they end by force what does not end by itself.
    const results = await Promise.race([stopped, delay(withinMs + 300, undefined, { ref: false })]);
    if (results === undefined) log(`${what}: not stopped within ${withinMs / 1000} s, going on`);
    for (const result of results ?? []) if (result.status === 'rejected') log(`${what}: ${messageOf(result.reason)}`);
  }
}
