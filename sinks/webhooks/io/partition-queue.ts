/** The messages of one partition that are under way to one endpoint: a lane for each channel, so that each is in its order. */

import type { KafkaRecord } from '../../../runtime/kafka/records.ts';
import type { OutgoingMessage } from '../core/message.ts';
import { Progress } from '../core/progress.ts';

export interface QueuedMessage {
  readonly record: KafkaRecord;
  readonly message: OutgoingMessage;
}

/** How a delivery is ended from outside. */
export interface Endings {
  /** Aborted when no new try shall begin. */
  readonly closing: AbortSignal;
  /** Aborted when the request under way shall be cut. */
  readonly cut: AbortSignal;
}

export interface QueueWork {
  /** Brings a message to its end; false where it was not finished. */
  bring(queued: QueuedMessage, queue: PartitionQueue): Promise<boolean>;
  onFinished(queue: PartitionQueue): void;
}

export class PartitionQueue implements Endings {
  readonly topic: string;
  readonly partition: number;
  readonly progress = new Progress();
  /** What goes with each commit: the replay that was done last. */
  readonly metadata: string;
  readonly #closing = new AbortController();
  readonly #cut = new AbortController();
  readonly #lanes = new Map<string, QueuedMessage[]>();
  readonly #running = new Set<Promise<void>>();
  readonly #work: QueueWork;
  committed: bigint | undefined;
  paused = false;

  constructor(place: { topic: string; partition: number; metadata: string }, work: QueueWork) {
    this.topic = place.topic;
    this.partition = place.partition;
    this.metadata = place.metadata;
    this.#work = work;
  }

  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  get cut(): AbortSignal {
    return this.#cut.signal;
  }

  /** The record's offset must have begun in `progress`. */
  add(queued: QueuedMessage): void {
    const { channel } = queued.message;
    const lane = this.#lanes.get(channel);
    if (lane !== undefined) {
      lane.push(queued);
      return;
    }
    const begun = [queued];
    this.#lanes.set(channel, begun);
    const run = this.#run(channel, begun).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  /** @param graceMs How long requests under way may still be answered. */
  async end(graceMs: number): Promise<void> {
    this.#closing.abort(new Error('the partition is handed away'));
    const timer = setTimeout(() => this.#cut.abort(new Error('the partition is handed away')), graceMs);
    await Promise.allSettled(this.#running);
    clearTimeout(timer);
  }

  async #run(channel: string, lane: QueuedMessage[]): Promise<void> {
    for (let queued = lane[0]; queued !== undefined; queued = lane[0]) {
      if (this.closing.aborted || !(await this.#work.bring(queued, this))) return;
      lane.shift();
      this.progress.finish(BigInt(queued.record.offset));
      this.#work.onFinished(this);
    }
    this.#lanes.delete(channel);
  }
}
