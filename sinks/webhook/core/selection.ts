/** Which records of the stream are pushed: each succeeded event once, when it is first seen. */

import type { StreamEvent } from '../../../schemas/records.ts';

export type SkipReason = 'retracted' | 'failed' | 'duplicate';

/** Event ids of one partition that were pushed lately. Bounded: the oldest are forgotten. */
export class RecentEventIds {
  readonly #ids = new Set<string>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  has(eventId: string): boolean {
    return this.#ids.has(eventId);
  }

  add(eventId: string): void {
    this.#ids.add(eventId);
    if (this.#ids.size <= this.#limit) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      return;
    }
  }
}

/** Why an event is not pushed; undefined when it is. The same event comes again at finalized and from other listeners. */
export function skipReason(event: StreamEvent, pushed: RecentEventIds): SkipReason | undefined {
  if (event.retracted) return 'retracted';
  if (!event.succeeded) return 'failed';
  return pushed.has(event.eventId) ? 'duplicate' : undefined;
}
