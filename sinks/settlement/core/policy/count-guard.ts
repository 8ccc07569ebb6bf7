/** A channel whose participants became many times more, or fewer, from one epoch to the next is looked at by a person. */

import { type Policy, unseen } from './policy.ts';

export interface CountGuardSettings {
  /** Smallest and greatest share of the recent mean that a root's leaves may be. */
  readonly least: number;
  readonly most: number;
}

export function countGuardPolicy(settings: CountGuardSettings | undefined): Policy | undefined {
  if (settings === undefined) return undefined;
  const { least, most } = settings;
  return {
    needs: [],
    judge({ root: { channel, epoch, count }, recentCounts }) {
      if ('unknown' in recentCounts) return unseen('participants', recentCounts.unknown);
      const counts = recentCounts.value;
      // The first root of a channel has nothing to be compared with.
      if (counts.length === 0) return undefined;
      const mean = counts.reduce((sum, recent) => sum + recent, 0) / counts.length;
      if (count >= mean * least && count <= mean * most) return undefined;
      return {
        code: 'POLICY_COUNT_UNUSUAL',
        text: `the root of ${channel} has ${count} claims, and its last ${counts.length} published roots had ${round(mean)} on average: outside ${least} to ${most} times that. Look at the claims of epoch ${epoch}, then approve it or set SETTLEMENT_COUNT_RANGE wider`,
      };
    },
  };
}

function round(mean: number): number {
  return Math.round(mean * 10) / 10;
}
