/** Time that passes only when everybody waits for it. */

import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../producers/listener/core/ports.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  wake(): void;
}

export class SimulatedClock implements Clock {
  #nowMs = 0;
  #order = 0;
  /** A binary heap: the earliest timer first. */
  readonly #timers: Timer[] = [];
  /** Work under way that waits for something else than time, as for another thread. */
  readonly #busy = new Set<Promise<unknown>>();

  nowMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      const onAbort = (): void => reject(signal?.reason as Error);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#push({
        atMs: this.#nowMs + Math.max(0, ms),
        order: this.#order++,
        wake: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      });
    });
  }

  /** Does work during which no time passes, however long it takes in earnest. */
  async atOnce<T>(work: () => Promise<T>): Promise<T> {
    const done = work();
    this.#busy.add(done);
    try {
      return await done;
    } finally {
      this.#busy.delete(done);
    }
  }

  /** Runs until `done`, or until the time is over. @returns whether it was done in time. */
  async run(untilMs: number, done: () => boolean): Promise<boolean> {
    for (;;) {
      // Lets every promise chain come to rest before time goes on.
      do {
        await Promise.allSettled(this.#busy);
        await setImmediate();
      } while (this.#busy.size > 0);
      if (done()) return true;
      const next = this.#timers[0];
      if (next === undefined || next.atMs > untilMs) return false;
      this.#nowMs = next.atMs;
      while (this.#timers[0] !== undefined && this.#timers[0].atMs <= this.#nowMs) this.#pop().wake();
    }
  }

  #push(timer: Timer): void {
    const heap = this.#timers;
    heap.push(timer);
    for (let child = heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (!this.#swapIfLater(parent, child)) return;
      child = parent;
    }
  }

  #pop(): Timer {
    const heap = this.#timers;
    const first = heap[0] as Timer;
    const last = heap.pop() as Timer;
    if (heap.length === 0) return first;
    heap[0] = last;
    for (let parent = 0; ; ) {
      const left = 2 * parent + 1;
      const right = left + 1;
      if (left >= heap.length) return first;
      const child = right < heap.length && earlier(heap[right] as Timer, heap[left] as Timer) ? right : left;
      if (!this.#swapIfLater(parent, child)) return first;
      parent = child;
    }
  }

  #swapIfLater(parent: number, child: number): boolean {
    const above = this.#timers[parent] as Timer;
    const below = this.#timers[child] as Timer;
    if (!earlier(below, above)) return false;
    this.#timers[parent] = below;
    this.#timers[child] = above;
    return true;
  }
}

function earlier(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
