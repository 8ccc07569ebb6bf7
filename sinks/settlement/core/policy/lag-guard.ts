/** Nothing is published while the platform that made the root is behind, disagrees with itself, or has not seen every slot. */

import { type PipelineView, type Policy, unseen } from './policy.ts';

/** @param mostBehindSlots Slots that the proven end may be behind the finalised head; undefined: no such policy. */
export function lagGuardPolicy(mostBehindSlots: number | undefined): Policy | undefined {
  if (mostBehindSlots === undefined) return undefined;
  return {
    needs: ['pipeline'],
    judge({ root: { channel, epoch, endSlot }, pipeline }) {
      if ('unknown' in pipeline) return unseen('lag', pipeline.unknown);
      const why = whyNot(pipeline.value, endSlot, mostBehindSlots);
      if (why === undefined) return undefined;
      return { code: 'POLICY_LAG', text: `the root of ${channel}, epoch ${epoch}, waits: ${why}` };
    },
  };
}

function whyNot(view: PipelineView, endSlot: number, mostBehindSlots: number): string | undefined {
  if (view.tree === 'mismatch' || view.tree === 'otherRoot') {
    return 'the sink makes another root of its claims. Do not approve it before the runbook (RootMismatch) has found out why';
  }
  if (view.tree !== 'built') {
    return 'the sink has not made its tree again yet, so nobody has checked the root; it follows by itself once the sink has';
  }
  if (view.gapFromSlot !== undefined) {
    return `slot ${view.gapFromSlot} is not proven, and the root goes up to slot ${endSlot}; close the gap with \`ao backfill\``;
  }
  if (view.listenerBehindSlots > mostBehindSlots) {
    return `the listeners have proven the chain up to ${view.listenerBehindSlots} slots behind its finalised head, more than SETTLEMENT_LAG_SLOTS (${mostBehindSlots}); it follows by itself once they have caught up`;
  }
  return undefined;
}
