/** A root on its way to the chain, and what this worker knows of it. */

/** A record of ao.roots.v1 that must be published. */
export interface RootToSettle {
  readonly partition: number;
  readonly offset: bigint;
  /** Where reading goes on after it (transaction markers may lie between). */
  readonly nextOffset: bigint;
  readonly channel: string;
  readonly epoch: bigint;
  /** 64 lower-case hex digits. */
  readonly root: string;
  /** When the record was written to Kafka. */
  readonly recordedAtMs: number;
}

/** A transaction of ours that was finalised without error. */
export interface Landing {
  readonly signature: string;
  readonly attempt: number;
  readonly lastValidBlockHeight: number;
  readonly slot: number;
  readonly feeLamports: bigint | null;
  readonly computeUnits: number | null;
}

/** waiting: nothing of ours is under way. inFlight: transactions may still land. done: its last ledger row is written. */
export type JobPhase = 'waiting' | 'inFlight' | 'done';

export interface Job {
  readonly root: RootToSettle;
  phase: JobPhase;
  /** The account is not read again before this time. */
  notBeforeMs: number;
  /** Highest attempt number used; 0 before the first transaction. */
  attempts: number;
  /** Signatures that may still land. */
  readonly open: Set<string>;
  /** The attempt that landed, until every other open one is settled and FINALIZED can be the last row. */
  landed: Landing | undefined;
  /** Code of the newest ledger row when that row is HELD; a second HELD with the same code is not written. */
  heldCode: string | undefined;
  /** Refusals in a row, for the pause before the next try. */
  refusals: number;
  /** At or before the offset of its first ledger row. */
  firstRowOffset: bigint | undefined;
}

export function newJob(root: RootToSettle, notBeforeMs: number): Job {
  return {
    root,
    phase: 'waiting',
    notBeforeMs,
    attempts: 0,
    open: new Set(),
    landed: undefined,
    heldCode: undefined,
    refusals: 0,
    firstRowOffset: undefined,
  };
}
