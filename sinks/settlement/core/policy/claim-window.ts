/** A root that leaves its ring can be claimed no more: each is given its time there. */

import { type EvictedRoot, type Policy, type PolicyFacts, type PolicyReason, unseen } from './policy.ts';

/** @param windowMs How long a root stays claimable at least; undefined: no such policy. */
export function claimWindowPolicy(windowMs: number | undefined): Policy | undefined {
  if (windowMs === undefined) return undefined;
  return { needs: ['evicted'], judge: (facts) => tooEarly(facts, windowMs) };
}

/** Why the ring slot must not be written yet; undefined when its root owes nothing, or has had its time. */
function tooEarly({ root, evicted, nowMs }: PolicyFacts, windowMs: number): PolicyReason | undefined {
  if (evicted === undefined || isPaidOut(evicted)) return undefined;
  const { epoch, publishedAtMs } = evicted;
  if (publishedAtMs === undefined) {
    return unseen('the claim window', `epoch ${epoch}, which this root evicts, was published by somebody else`);
  }
  const endsAtMs = publishedAtMs + windowMs;
  if (nowMs >= endsAtMs) return undefined;
  return {
    code: 'POLICY_CLAIM_WINDOW',
    text: `publishing epoch ${root.epoch} evicts epoch ${epoch} of ${root.channel}, ${owes(evicted)}; it may be claimed until ${new Date(endsAtMs).toISOString()} (SETTLEMENT_CLAIM_WINDOW_SECS), and this root follows then`,
    notBeforeMs: endsAtMs,
  };
}

function isPaidOut({ owed }: EvictedRoot): boolean {
  return 'value' in owed && owed.value === 0n;
}

/** What the evicted root still owes, for a reader. */
export function owes({ owed }: EvictedRoot): string {
  return 'value' in owed
    ? `which still owes ${owed.value} base units`
    : `and what that owes is not known (${owed.unknown})`;
}
