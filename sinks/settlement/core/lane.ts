/** The roots of one partition between Kafka and the chain: order per channel, and how far offsets may be committed. */

import type { LedgerHistory, OpenAttempt, RecordedConflict, RootHistory } from './ledger-history.ts';
import { PublishedRoots } from './published-roots.ts';
import { done, type Job, type RootToSettle, recalled, settledBefore, unread } from './root-job.ts';

/** A root in its lane. Its job changes by the transitions of root-job.ts alone. */
export class PlacedRoot {
  readonly lane: Lane;
  readonly root: RootToSettle;
  /** At or before the offset of its first ledger row. */
  firstRowOffset: bigint | undefined;
  #job: Job;

  constructor(lane: Lane, job: Job) {
    this.lane = lane;
    this.root = job.root;
    this.#job = job;
  }

  get job(): Job {
    return this.#job;
  }

  move(transition: (job: Job) => Job): void {
    this.#job = transition(this.#job);
  }
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
  /** Roots that are not done, by offset, in the order of the topic. */
  readonly #open = new Map<bigint, PlacedRoot>();
  readonly #channels = new Map<string, PlacedRoot[]>();
  readonly #stopped = new Map<string, RecordedConflict>();
  readonly #history = new Map<bigint, RootHistory>();
  #published = new PublishedRoots();
  #loaded = false;
  #ledgerEnd = 0n;
  /** Where reading goes on; undefined before the first record. */
  #nextOffset: bigint | undefined;
  /** Everything before it is committed. */
  #committed = 0n;

  constructor({ partition, generation, isGivenUp }: LaneOptions) {
    this.partition = partition;
    this.generation = generation;
    this.#isGivenUp = isGivenUp;
  }

  /** Whether the ledger has been read: nothing is sent before. */
  get loaded(): boolean {
    return this.#loaded;
  }

  /** Roots that are not done. */
  get size(): number {
    return this.#open.size;
  }

  /** Every root that the ledger knows, by what it is. */
  get published(): PublishedRoots {
    return this.#published;
  }

  /** Takes the ledger's word. Returns the attempts that must be followed, by root. */
  load(history: LedgerHistory): Map<PlacedRoot, OpenAttempt[]> {
    this.#published = history.published;
    for (const [offset, root] of history.roots) this.#history.set(offset, root);
    for (const [channel, conflict] of history.conflicts) {
      if (!this.#isGivenUp(channel, conflict.epoch)) this.#stopped.set(channel, conflict);
    }
    this.#ledgerEnd = history.nextOffset;
    this.#loaded = true;
    const open = new Map<PlacedRoot, OpenAttempt[]>();
    for (const placed of this.#open.values()) {
      open.set(placed, this.#recall(placed));
      if (placed.job.kind === 'done') this.#open.delete(placed.root.offset);
    }
    for (const channel of [...this.#channels.keys()]) this.#dropDone(channel);
    return open;
  }

  /** Adds a root. A record that came before (a batch read again) is ignored. */
  enqueue(root: RootToSettle, notBeforeMs: number): { placed: PlacedRoot; open: OpenAttempt[] } | undefined {
    if (!this.#advance(root.offset, root.nextOffset)) return undefined;
    const placed = new PlacedRoot(this, unread(root, notBeforeMs));
    const open = this.#loaded ? this.#recall(placed) : [];
    if (placed.job.kind !== 'done') {
      this.#open.set(root.offset, placed);
      const ofChannel = this.#channels.get(root.channel);
      if (ofChannel === undefined) this.#channels.set(root.channel, [placed]);
      else ofChannel.push(placed);
    }
    return { placed, open };
  }

  /** Counts a record that is no root as finished. */
  passOver(offset: bigint, nextOffset: bigint): void {
    this.#advance(offset, nextOffset);
  }

  #advance(offset: bigint, nextOffset: bigint): boolean {
    if (this.#nextOffset === undefined) this.#committed = offset;
    else if (offset < this.#nextOffset) return false;
    this.#nextOffset = nextOffset;
    return true;
  }

  #recall(placed: PlacedRoot): OpenAttempt[] {
    const known = this.#known(placed.root);
    placed.firstRowOffset = known?.firstRowOffset;
    // A root that ended before, and whose record came again: nothing is written of it.
    const again = known === undefined && this.#published.outcomeOf(placed.root) !== undefined;
    placed.move((job) => (again ? settledBefore(job) : recalled(job, known)));
    return placed.job.kind === 'inFlight' ? [...(known?.open.values() ?? [])] : [];
  }

  /** What the ledger says of a root. Another one at its offset: the topic was made anew, and the row tells nothing. */
  #known({ offset, channel, epoch, root }: RootToSettle): RootHistory | undefined {
    const known = this.#history.get(offset);
    const same = known?.channel === channel && known.epoch === epoch && known.root === root;
    return same ? known : undefined;
  }

  /** The roots that may be worked on: the oldest open one of each channel, or all of them. */
  *candidates(all: boolean): Generator<PlacedRoot> {
    for (const [channel, ofChannel] of this.#channels) {
      if (all || this.#stopped.has(channel)) yield* ofChannel;
      else if (ofChannel[0] !== undefined) yield ofChannel[0];
    }
  }

  /** The open roots of a channel behind one of them, in order; none while a conflict stops the channel. */
  following({ root }: PlacedRoot): readonly PlacedRoot[] {
    if (this.#stopped.has(root.channel)) return [];
    const ofChannel = this.#channels.get(root.channel) ?? [];
    return ofChannel.slice(ofChannel.findIndex((at) => at.root.offset === root.offset) + 1);
  }

  /** The roots that wait for the oldest open one of their channel, with that one. */
  *behind(): Generator<{ readonly at: PlacedRoot; readonly first: PlacedRoot }> {
    for (const [channel, [first, ...others]] of this.#channels) {
      if (first === undefined || this.#stopped.has(channel)) continue;
      for (const at of others) yield { at, first };
    }
  }

  /** The conflict that stops a channel. */
  stoppedBy(channel: string): RecordedConflict | undefined {
    return this.#stopped.get(channel);
  }

  stop(channel: string, conflict: RecordedConflict): void {
    this.#stopped.set(channel, conflict);
  }

  /** Lets the channels go on whose conflict was given up meanwhile. */
  goOnGivenUp(): void {
    for (const [channel, { epoch }] of this.#stopped)
      if (this.#isGivenUp(channel, epoch)) this.#stopped.delete(channel);
  }

  get stoppedChannels(): number {
    return this.#stopped.size;
  }

  /** Notes where a row of the root stands in the ledger. */
  noteRow(placed: PlacedRoot, rowOffset: bigint): void {
    placed.firstRowOffset ??= rowOffset;
    if (rowOffset >= this.#ledgerEnd) this.#ledgerEnd = rowOffset + 1n;
  }

  /** Call once a root's last row is written: the next of its channel moves up. */
  finish(placed: PlacedRoot): void {
    placed.move(done);
    this.#open.delete(placed.root.offset);
    this.#dropDone(placed.root.channel);
  }

  #dropDone(channel: string): void {
    const open = (this.#channels.get(channel) ?? []).filter(({ job }) => job.kind !== 'done');
    if (open.length === 0) this.#channels.delete(channel);
    else this.#channels.set(channel, open);
  }

  /** How far everything is done without a gap; undefined when nothing new is. */
  commitTarget(): CommitTarget | undefined {
    const offset = this.#doneUpTo();
    if (!this.#loaded || offset <= this.#committed) return undefined;
    return { offset, metadata: JSON.stringify({ v: 1, ledgerFrom: Number(this.#ledgerFrom(offset)) }) };
  }

  /** Forgets what a commit covers. */
  committed(offset: bigint): void {
    this.#committed = offset;
    for (const key of this.#history.keys()) if (key < offset) this.#history.delete(key);
  }

  #doneUpTo(): bigint {
    for (const offset of this.#open.keys()) return offset;
    return this.#nextOffset ?? this.#committed;
  }

  /** From where the ledger must be read again: rows of roots that stay uncommitted, and conflicts that still stop a channel. */
  #ledgerFrom(committed: bigint): bigint {
    let from = this.#ledgerEnd;
    const lower = (offset: bigint | undefined): void => {
      if (offset !== undefined && offset < from) from = offset;
    };
    for (const { firstRowOffset } of this.#open.values()) lower(firstRowOffset);
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
