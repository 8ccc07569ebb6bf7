/** Partitions whose next record cannot be taken yet: paused, told, and tried again after a while. */

import { backoffMs } from '../backoff.ts';
import type { Holds } from '../holds.ts';

export interface HeldPartitionsOptions {
  readonly holds: Holds;
  pause(topic: string, partition: number): void;
  resume(topic: string, partition: number): void;
}

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 10_000;

interface Held {
  readonly topic: string;
  readonly partition: number;
  attempt: number;
  timer: NodeJS.Timeout;
}

/** What a held partition is called in readiness and log. */
export function partitionSubject(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

export class HeldPartitions {
  readonly #options: HeldPartitionsOptions;
  readonly #held = new Map<string, Held>();

  constructor(options: HeldPartitionsOptions) {
    this.#options = options;
  }

  /** @param offset Of the record that cannot be taken, where it is one. */
  hold(topic: string, partition: number, error: unknown, offset?: string): void {
    const { holds, pause, resume } = this.#options;
    const subject = partitionSubject(topic, partition);
    const attempt = (this.#held.get(subject)?.attempt ?? 0) + 1;
    clearTimeout(this.#held.get(subject)?.timer);
    const timer = setTimeout(() => resume(topic, partition), backoffMs(attempt, FIRST_PAUSE_MS, MAX_PAUSE_MS));
    this.#held.set(subject, { topic, partition, attempt, timer });
    holds.hold(subject, error, { topic, partition, offset });
    pause(topic, partition);
  }

  has(topic: string, partition: number): boolean {
    return this.#held.has(partitionSubject(topic, partition));
  }

  /** The partition goes on, or is not ours any more; does nothing where it is not held. */
  release(topic: string, partition: number): void {
    const subject = partitionSubject(topic, partition);
    const held = this.#held.get(subject);
    if (held === undefined) return;
    clearTimeout(held.timer);
    this.#held.delete(subject);
    this.#options.holds.release(subject);
    this.#options.resume(topic, partition);
  }

  /** Releases every partition that is not among those assigned. */
  keepOnly(assignment: Readonly<Record<string, readonly number[]>>): void {
    for (const { topic, partition } of [...this.#held.values()]) {
      if (assignment[topic]?.includes(partition) !== true) this.release(topic, partition);
    }
  }

  stop(): void {
    for (const { timer } of this.#held.values()) clearTimeout(timer);
  }
}
