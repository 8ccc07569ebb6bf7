/**
 * A root on its way to the chain: a union of states, and the transitions between them. Each transition is pure, returns the
 * next state, and refuses to start from a state that it must not come from. The README has them as a table.
 */

import { AppError } from '../../../runtime/errors.ts';
import { NO_ATTEMPTS, type PaidFailure, type Tally, tallied } from './attempt-tally.ts';
import type { RootHistory } from './ledger-history.ts';

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
  /** Leaves of its tree. */
  readonly count: number;
  /** First slot of its epoch. */
  readonly startSlot: number;
  /** Last slot of its epoch, inclusive. */
  readonly endSlot: number;
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

/** The ledger was not asked about it yet: nothing may be done. */
export interface Unread {
  readonly kind: 'unread';
  readonly root: RootToSettle;
  readonly notBeforeMs: number;
}

interface Open {
  readonly root: RootToSettle;
  readonly tally: Tally;
}

interface Idle extends Open {
  /** The account is not read again before this time. */
  readonly notBeforeMs: number;
  /** Refusals in a row, for the pause before the next try. */
  readonly refusals: number;
}

/** Nothing of ours is under way. */
export interface Waiting extends Idle {
  readonly kind: 'waiting';
}

/** Nothing of ours is under way, and the newest ledger row says why. */
export interface Held extends Idle {
  readonly kind: 'held';
  /** Code of that row; a second row with the same code is not written. */
  readonly code: string;
}

/** Transactions may still land. */
export interface InFlight extends Open {
  readonly kind: 'inFlight';
  /** Their signatures; never empty. */
  readonly open: ReadonlySet<string>;
}

/** One landed; FINALIZED is written as the last row once no other may land. */
export interface Landed extends Open {
  readonly kind: 'landed';
  readonly landing: Landing;
  /** Others that may still land. */
  readonly open: ReadonlySet<string>;
}

/** Its last row stands in the ledger. */
export interface Done {
  readonly kind: 'done';
  readonly root: RootToSettle;
}

export type Job = Unread | Waiting | Held | InFlight | Landed | Done;

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

export function unread(root: RootToSettle, notBeforeMs: number): Unread {
  return { kind: 'unread', root, notBeforeMs };
}

/** The ledger was read. @param known What it says; undefined when it has no row of this root. */
export function recalled(job: Job, known: RootHistory | undefined): Waiting | Held | InFlight | Done {
  const { root, notBeforeMs } = from(job, 'recalled', 'unread');
  if (known?.terminal === true) return { kind: 'done', root };
  const tally = known?.tally ?? NO_ATTEMPTS;
  if (known !== undefined && known.open.size > 0) {
    return { kind: 'inFlight', root, tally, open: new Set(known.open.keys()) };
  }
  const idle = { root, tally, notBeforeMs, refusals: 0 };
  return known?.heldCode === undefined ? { kind: 'waiting', ...idle } : { kind: 'held', ...idle, code: known.heldCode };
}

/** The ledger was read: the root ended under another record of it. */
export function settledBefore(job: Job): Done {
  return { kind: 'done', root: from(job, 'settledBefore', 'unread').root };
}

/** Looked at again later, for no fault of its own. */
export function postponed(job: Job, notBeforeMs: number): Waiting | Held {
  return { ...from(job, 'postponed', 'waiting', 'held'), notBeforeMs };
}

/** The chain would refuse it at present: tried again after a pause that doubles. */
export function refused(job: Job, nowMs: number): Waiting | Held {
  const idle = from(job, 'refused', 'waiting', 'held');
  return { ...idle, refusals: idle.refusals + 1, notBeforeMs: nowMs + pauseMs(idle.refusals) };
}

/** HELD stands in the ledger. */
export function held(job: Job, code: string, notBeforeMs: number): Held {
  const { root, tally, refusals } = from(job, 'held', 'waiting', 'held');
  return { kind: 'held', root, tally, refusals, notBeforeMs, code };
}

/** PENDING stands in the ledger: the transaction may be sent, and may land from now on. */
export function begun(job: Job, signature: string): InFlight {
  const { root, tally } = from(job, 'begun', 'waiting', 'held');
  return { kind: 'inFlight', root, tally: { ...tally, attempts: tally.attempts + 1 }, open: new Set([signature]) };
}

/** One of its transactions is finalised without error. */
export function landed(job: Job, landing: Landing): Landed {
  const { root, tally, open } = from(job, 'landed', 'inFlight', 'landed');
  return { kind: 'landed', root, tally, landing, open: without(open, landing.signature) };
}

/**
 * FAILED stands in the ledger: that transaction can land no more.
 * @param paid Undefined where nothing was paid (it expired), or where another root of the transaction is to blame.
 */
export function failed(
  job: Job,
  signature: string,
  nowMs: number,
  paid: PaidFailure | undefined,
): Waiting | InFlight | Landed {
  const before = from(job, 'failed', 'inFlight', 'landed');
  const tally = tallied(before.tally, paid);
  const open = without(before.open, signature);
  if (before.kind === 'landed' || open.size > 0) return { ...before, tally, open };
  return { kind: 'waiting', root: before.root, tally, refusals: 0, notBeforeMs: nowMs + pauseMs(tally.attempts - 1) };
}

/** Its last row stands in the ledger. Never while a transaction that nobody resolved may still land. */
export function done(job: Job): Done {
  const before = from(job, 'done', 'waiting', 'held', 'landed', 'inFlight');
  if (before.kind === 'landed' && before.open.size > 0) throw impossible(job, 'done with transactions open');
  if (before.kind === 'inFlight' && before.open.size > 1) throw impossible(job, 'done with transactions open');
  return { kind: 'done', root: before.root };
}

/** What the attempts came to; nothing where it does not matter yet, or no longer. */
export function tallyOf(job: Job): Tally {
  return 'tally' in job ? job.tally : NO_ATTEMPTS;
}

/** @param times How often it was tried before. */
function pauseMs(times: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(Math.max(0, times), 10));
}

function from<Kind extends Job['kind']>(
  job: Job,
  transition: string,
  ...kinds: readonly Kind[]
): Extract<Job, { readonly kind: Kind }> {
  if ((kinds as readonly string[]).includes(job.kind)) return job as Extract<Job, { readonly kind: Kind }>;
  throw impossible(job, transition);
}

function impossible({ kind, root }: Job, transition: string): AppError {
  return new AppError(
    'UNEXPECTED',
    `A root that is ${kind} became ${transition}: a bug of the settlement worker. Report it with the log; a restart goes on from the ledger.`,
    { context: { partition: root.partition, offset: root.offset.toString(), channel: root.channel } },
  );
}

function without(signatures: ReadonlySet<string>, signature: string): Set<string> {
  const left = new Set(signatures);
  left.delete(signature);
  return left;
}
