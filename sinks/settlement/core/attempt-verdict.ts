/** What to do about a transaction that was recorded as PENDING. */

import type { FinalizedHead, SignatureStatus } from './ports.ts';

export interface Attempt {
  readonly signature: string;
  readonly lastValidBlockHeight: number;
  /** The signed bytes; undefined when another process signed them and only the ledger is known. */
  readonly wire: Uint8Array | undefined;
  confirmed: boolean;
  lastSentAtMs: number;
}

export type AttemptVerdict =
  | { readonly kind: 'wait' }
  | { readonly kind: 'rebroadcast' }
  | { readonly kind: 'confirmed'; readonly slot: number }
  | { readonly kind: 'landed'; readonly slot: number }
  | { readonly kind: 'rejected'; readonly slot: number; readonly error: unknown }
  /** It can land no more, unless the account says that it did. */
  | { readonly kind: 'expired' };

export interface Observation {
  readonly status: SignatureStatus | null;
  /** Newest slot of the node that gave the status. */
  readonly contextSlot: number;
  /** Finalised head, read before the status. */
  readonly head: FinalizedHead;
  readonly nowMs: number;
  readonly rebroadcastMs: number;
}

/**
 * An error counts only when finalised: a block with the failure may be dropped and the transaction succeed in another one.
 * Expiry counts only when the finalised height is past the last valid one and the status comes from a node that has seen
 * that much: a node behind proves nothing.
 */
export function judgeAttempt(attempt: Attempt, seen: Observation): AttemptVerdict {
  const { status, head } = seen;
  if (status === null) {
    if (head.blockHeight > attempt.lastValidBlockHeight) {
      return seen.contextSlot >= head.slot ? { kind: 'expired' } : { kind: 'wait' };
    }
    return rebroadcastOrWait(attempt, seen);
  }
  const { slot, confirmation, error } = status;
  if (confirmation === 'finalized') {
    return error === null ? { kind: 'landed', slot } : { kind: 'rejected', slot, error };
  }
  if (confirmation === 'confirmed' && error === null && !attempt.confirmed) return { kind: 'confirmed', slot };
  return confirmation === 'processed' ? rebroadcastOrWait(attempt, seen) : { kind: 'wait' };
}

function rebroadcastOrWait(attempt: Attempt, { nowMs, rebroadcastMs }: Observation): AttemptVerdict {
  const due = attempt.wire !== undefined && nowMs - attempt.lastSentAtMs >= rebroadcastMs;
  return { kind: due ? 'rebroadcast' : 'wait' };
}
