/** The roots of one partition between Kafka and the chain: order per channel, and how far offsets may be committed. */

import type { LedgerHistory, OpenAttempt, RecordedConflict, RootHistory } from './ledger-history.ts';
import { type Job, newJob, type RootToSettle } from './root-job.ts';

interface Entry {
  readonly offset: bigint;
  readonly nextOffset: bigint;
  /** undefined for a record that is no root and was put aside. */
  readonly job: Job | undefined;
}

export interface CommitTarget {
  readonly offset: bigint;
  readonly metadata: string;
}

export interface LaneOptions {
  readonly partition: number;
  /** Of the consumer, when the partition was assigned. */
  readonly generation: number;
  /** Whether an operator gave a refused root up, so that its channel goes on. */
  isGivenUp(channel: string, epoch: bigint): boolean;
}

export class Lane {
  readonly partition: number;
  readonly generation: number;
  readonly #isGivenUp: LaneOptions['isGivenUp'];
  readonly #entries: Entry[] = [];
  readonly #channels = new Map<string, Job[]>();
  readonly #stopped = new Map<string, RecordedConflict>();
  readonly #history = new Map<bigint, RootHistory>();
  #loaded = false;
  #ledgerEnd = 0n;
  #nextOffset: bigint | undefined;

  constructor({ partition, generation, isGivenUp }: LaneOptions) {
    this.partition = partition;
    this.generation = generation;
    this.#isGivenUp = isGivenUp;
  }

  /** Whether the ledger has been read: nothing is sent before. */
  get loaded(): boolean {
    return this.#loaded;
  }

  /** Records read and not yet committed. */
  get size(): number {
    return this.#entries.length;
  }

  /** Takes the ledger's word. Returns the attempts that must be followed, by job. */
  load(history: LedgerHistory): Map<Job, OpenAttempt[]> {
    for (const [offset, root] of history.roots) this.#history.set(offset, root);
    for (const [channel, conflict] of history.conflicts) {
      if (!this.#isGivenUp(channel, conflict.epoch)) this.#stopped.set(channel, conflict);
    }
    this.#ledgerEnd = history.nextOffset;
    this.#loaded = true;
    const open = new Map<Job, OpenAttempt[]>();
    for (const { job } of this.#entries) if (job !== undefined) open.set(job, this.#recall(job));
    for (const channel of [...this.#channels.keys()]) this.#dropDone(channel);
    return open;
  }

  /** Adds a root. A record that came before (a batch read again) is ignored. */
  enqueue(root: RootToSettle, notBeforeMs: number): { job: Job; open: OpenAttempt[] } | undefined {
    if (!this.#advance(root.offset, root.nextOffset)) return undefined;
    const job = newJob(root, notBeforeMs);
    const open = this.#loaded ? this.#recall(job) : [];
    this.#entries.push({ offset: root.offset, nextOffset: root.nextOffset, job });
    if (job.phase !== 'done') {
      const jobs = this.#channels.get(root.channel);
      if (jobs === undefined) this.#channels.set(root.channel, [job]);
      else jobs.push(job);
    }
    return { job, open };
  }

  /** Counts a record that is no root as finished. */
  passOver(offset: bigint, nextOffset: bigint): void {
    if (this.#advance(offset, nextOffset)) this.#entries.push({ offset, nextOffset, job: undefined });
  }

  #advance(offset: bigint, nextOffset: bigint): boolean {
    if (this.#nextOffset !== undefined && offset < this.#nextOffset) return false;
    this.#nextOffset = nextOffset;
    return true;
  }

  #recall(job: Job): OpenAttempt[] {
    const known = this.#history.get(job.root.offset);
    const { channel, epoch, root } = job.root;
    // Another root at this offset: the topic was made anew, and the row tells nothing.
    if (known === undefined || known.channel !== channel || known.epoch !== epoch || known.root !== root) return [];
    job.attempts = known.attempts;
    job.heldCode = known.heldCode;
    job.firstRowOffset = known.firstRowOffset;
    if (known.terminal) {
      job.phase = 'done';
      return [];
    }
    const open = [...known.open.values()];
    for (const { signature } of open) job.open.add(signature);
    if (open.length > 0) job.phase = 'inFlight';
    return open;
  }

  /** The roots that may be worked on: the oldest open one of each channel, or all of them. */
  *candidates(all: boolean): Generator<Job> {
    for (const [channel, jobs] of this.#channels) {
      if (all || this.#stopped.has(channel)) yield* jobs;
      else if (jobs[0] !== undefined) yield jobs[0];
    }
  }

  /** The conflict that stops a channel. */
  stoppedBy(channel: string): RecordedConflict | undefined {
    return this.#stopped.get(channel);
  }

  stop(channel: string, conflict: RecordedConflict): void {
    this.#stopped.set(channel, conflict);
  }

  get stoppedChannels(): number {
    return this.#stopped.size;
  }

  /** Notes where a row of the job stands in the ledger. */
  noteRow(job: Job, rowOffset: bigint): void {
    job.firstRowOffset ??= rowOffset;
    if (rowOffset >= this.#ledgerEnd) this.#ledgerEnd = rowOffset + 1n;
  }

  /** Call after a job is done: the next of its channel moves up. */
  finish(job: Job): void {
    job.phase = 'done';
    this.#dropDone(job.root.channel);
  }

  #dropDone(channel: string): void {
    const open = (this.#channels.get(channel) ?? []).filter((job) => job.phase !== 'done');
    if (open.length === 0) this.#channels.delete(channel);
    else this.#channels.set(channel, open);
  }

  /** How far everything is finished without a gap; undefined when nothing new is. */
  commitTarget(): CommitTarget | undefined {
    if (!this.#loaded) return undefined;
    const last = this.#entries[this.#finishedCount() - 1];
    if (last === undefined) return undefined;
    return { offset: last.nextOffset, metadata: JSON.stringify({ v: 1, ledgerFrom: Number(this.#ledgerFrom()) }) };
  }

  /** Forgets what a commit covers. */
  committed(offset: bigint): void {
    const covered = this.#entries.findIndex((entry) => entry.offset >= offset);
    this.#entries.splice(0, covered < 0 ? this.#entries.length : covered);
    for (const key of this.#history.keys()) if (key < offset) this.#history.delete(key);
  }

  #finishedCount(): number {
    const open = this.#entries.findIndex(({ job }) => job !== undefined && job.phase !== 'done');
    return open < 0 ? this.#entries.length : open;
  }

  /** From where the ledger must be read again: rows of roots that stay uncommitted, and conflicts that still stop a channel. */
  #ledgerFrom(): bigint {
    let from = this.#ledgerEnd;
    const lower = (offset: bigint | undefined): void => {
      if (offset !== undefined && offset < from) from = offset;
    };
    const finished = this.#finishedCount();
    const committed = this.#entries[finished - 1]?.nextOffset ?? 0n;
    for (const { job } of this.#entries.slice(finished)) lower(job?.firstRowOffset);
    for (const [key, { firstRowOffset }] of this.#history) if (key >= committed) lower(firstRowOffset);
    for (const { rowOffset } of this.#stopped.values()) lower(rowOffset);
    return from;
  }
}

/** The ledger offset in the metadata of a committed offset; undefined where there is none (an operator's reset). */
export function ledgerFromOf(metadata: string): bigint | undefined {
  try {
    const { v, ledgerFrom } = JSON.parse(metadata) as { v?: unknown; ledgerFrom?: unknown };
    return v === 1 && Number.isSafeInteger(ledgerFrom) ? BigInt(ledgerFrom as number) : undefined;
  } catch {
    return undefined;
  }
}
