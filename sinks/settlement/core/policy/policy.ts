/** What a policy is: a pure reason not to publish a root that the chain would take. */

import type { ErrorCode } from '../../../../runtime/error-codes.ts';
import type { RootToSettle } from '../root-job.ts';

/** Something that was looked up: a value, or why nobody can say. Unknown is never none. */
export type Known<T> = { readonly value: T } | { readonly unknown: string };

/** What a root's ring slot holds, that publishing it evicts. */
export interface EvictedRoot {
  readonly epoch: bigint;
  /** Unix milliseconds at which our ledger says that it was on chain; undefined for a root that is not ours. */
  readonly publishedAtMs: number | undefined;
  /** Base units of the mint that can still be claimed from it. */
  readonly owed: Known<bigint>;
}

/** How the platform stands that made the root. */
export interface PipelineView {
  /** Slots between the last one that every partition has proven without a gap and the finalised head of the chain. */
  readonly listenerBehindSlots: number;
  /** First slot up to the root's end that some partition has not proven; undefined where there is none. */
  readonly gapFromSlot: number | undefined;
  /** What the sink, which makes the tree again, says of the root. */
  readonly tree: 'built' | 'pending' | 'mismatch' | 'otherRoot' | 'missing';
}

/** Who publishes roots, by the cut-over from the legacy system; null: none was ever begun. */
export type Publisher = 'legacy' | 'new' | null;

/** The books of the mint with this root published. */
export interface SolvencyView {
  /** Balance of the treasury, base units. */
  readonly treasury: bigint;
  /** What the roots in every ring of the mint still owe, those under way included; without what this root evicts. */
  readonly owed: bigint;
  /** What this root lets be claimed. */
  readonly added: bigint;
}

/** What the policies that are switched on ask for; the others' facts are not looked up. */
export interface PolicyFacts {
  readonly root: RootToSettle;
  readonly nowMs: number;
  /** Leaves of the channel's newest published roots, newest first. */
  readonly recentCounts: Known<readonly number[]>;
  /** Fees that the ledger of this worker's partitions has for the UTC day of `nowMs`. */
  readonly feesTodayLamports: bigint;
  /** Undefined where the slot is empty. */
  readonly evicted: EvictedRoot | undefined;
  readonly payout: Known<bigint>;
  readonly solvency: Known<SolvencyView>;
  readonly pipeline: Known<PipelineView>;
  readonly publisher: Known<Publisher>;
}

/** Facts that cost a look at the database or the chain. */
export type LookedUp = 'payout' | 'solvency' | 'pipeline' | 'evicted' | 'publisher';

export interface PolicyReason {
  readonly code: ErrorCode;
  /** What happened and what to do. */
  readonly text: string;
  /** When another look can change something, Unix milliseconds; undefined: as for every hold. */
  readonly notBeforeMs?: number;
}

export interface Policy {
  readonly needs: readonly LookedUp[];
  /** Why the root is held; undefined: this policy lets it go. */
  judge(facts: PolicyFacts): PolicyReason | undefined;
}

/** A policy that cannot see what it must judge lets nothing go. */
export function unseen(policy: string, why: string): PolicyReason {
  return {
    code: 'POLICY_UNKNOWN',
    text: `the policy on ${policy} cannot see what it judges (${why}), so the root is not sent; it is looked at again by itself`,
  };
}
