/** What the ledger (ao.settlements.v1) says of each root of a partition: the state from which a worker goes on. */

import type { SettlementRecord, SettlementStatus } from '../../../schemas/records.ts';
import { NO_ATTEMPTS, type PaidFailure, type Tally, tallied } from './attempt-tally.ts';
import { PublishedRoots } from './published-roots.ts';
import { reasonCode } from './reasons.ts';

export interface LedgerRow {
  /** Offset in the partition of ao.settlements.v1. */
  readonly offset: bigint;
  readonly record: SettlementRecord;
}

/** An attempt whose outcome stands nowhere yet. */
export interface OpenAttempt {
  readonly signature: string;
  readonly attempt: number;
  readonly lastValidBlockHeight: number;
  readonly confirmed: boolean;
}

export interface RootHistory {
  readonly channel: string;
  readonly epoch: bigint;
  readonly root: string;
  readonly firstRowOffset: bigint;
  readonly tally: Tally;
  readonly open: ReadonlyMap<string, OpenAttempt>;
  readonly terminal: boolean;
  readonly heldCode: string | undefined;
}

/** A conflict that stops its channel. */
export interface RecordedConflict {
  readonly epoch: bigint;
  readonly rowOffset: bigint;
}

export interface LedgerHistory {
  /** Every root that the whole ledger knows, by what it is. */
  readonly published: PublishedRoots;
  /** By offset of the root's record in ao.roots.v1. */
  readonly roots: ReadonlyMap<bigint, RootHistory>;
  /** Newest conflict by channel; given-up roots are none. */
  readonly conflicts: ReadonlyMap<string, RecordedConflict>;
  /** Offset after the last row. */
  readonly nextOffset: bigint;
}

/** Reason code of a root whose transaction failed because of another root in it. */
export const BATCH_FAILED = 'BATCH_FAILED';

/** Statuses after which a root needs nothing more. */
export function isTerminal(status: SettlementStatus): boolean {
  return status === 'FINALIZED' || status === 'ALREADY_SETTLED' || status === 'CONFLICT';
}

/** Folds the rows of one roots partition, in offset order. Rows of other partitions are not looked at. */
export class LedgerFold {
  readonly published = new PublishedRoots();
  readonly #rootPartition: number;
  readonly #from: bigint;
  readonly #roots = new Map<bigint, RootHistory>();
  readonly #conflicts = new Map<string, RecordedConflict>();

  /** @param from Ledger offset before which every root is committed: older rows only tell what was published. */
  constructor(rootPartition: number, from: bigint) {
    this.#rootPartition = rootPartition;
    this.#from = from;
  }

  add({ offset, record }: LedgerRow): void {
    if (record.rootPartition !== this.#rootPartition) return;
    this.published.note(record);
    if (offset < this.#from) return;
    const key = BigInt(record.rootOffset);
    this.#roots.set(key, foldRow(this.#roots.get(key), record, offset));
    if (record.status === 'CONFLICT' && reasonCode(record.reason) !== 'GIVEN_UP') {
      this.#conflicts.set(record.channel, { epoch: record.epoch, rowOffset: offset });
    }
  }

  /** @param nextOffset Offset after the last row. */
  history(nextOffset: bigint): LedgerHistory {
    return { published: this.published, roots: this.#roots, conflicts: this.#conflicts, nextOffset };
  }
}

function foldRow(before: RootHistory | undefined, record: SettlementRecord, offset: bigint): RootHistory {
  return {
    channel: record.channel,
    epoch: record.epoch,
    root: record.root,
    firstRowOffset: before?.firstRowOffset ?? offset,
    tally: foldTally(before?.tally ?? NO_ATTEMPTS, record),
    open: foldAttempts(before?.open ?? new Map<string, OpenAttempt>(), record),
    terminal: (before?.terminal ?? false) || isTerminal(record.status),
    heldCode: record.status === 'HELD' ? reasonCode(record.reason) : undefined,
  };
}

function foldTally(before: Tally, record: SettlementRecord): Tally {
  const attempts = Math.max(before.attempts, record.attempt);
  return tallied({ ...before, attempts }, paidFailureOf(record));
}

/** A FAILED row without a slot never landed, so it cost nothing. */
function paidFailureOf({ status, slot, reason, feeLamports }: SettlementRecord): PaidFailure | undefined {
  if (status !== 'FAILED' || slot === null || reasonCode(reason) === BATCH_FAILED) return undefined;
  return { lamports: feeLamports ?? 0n };
}

function foldAttempts(before: ReadonlyMap<string, OpenAttempt>, record: SettlementRecord): Map<string, OpenAttempt> {
  const open = new Map(before);
  const { signature, lastValidBlockHeight, attempt, status } = record;
  if (signature === null) return open;
  if ((status === 'PENDING' || status === 'CONFIRMED') && lastValidBlockHeight !== null) {
    open.set(signature, { signature, attempt, lastValidBlockHeight, confirmed: status === 'CONFIRMED' });
  } else if (status === 'FAILED' || isTerminal(status)) open.delete(signature);
  return open;
}
