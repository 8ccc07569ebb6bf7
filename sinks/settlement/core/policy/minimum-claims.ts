/** Roots of too few claims are not worth their fee, or not what they should be. */

import type { Policy } from './policy.ts';

/** @param minimum Leaves that a root must have; 0: no such policy. */
export function minimumClaimsPolicy(minimum: number): Policy | undefined {
  if (minimum === 0) return undefined;
  return {
    needs: [],
    judge({ root: { channel, epoch, count } }) {
      if (count >= minimum) return undefined;
      return {
        code: 'POLICY_TOO_FEW_CLAIMS',
        text: `the root of ${channel} has ${count} claims, fewer than SETTLEMENT_MIN_CLAIMS (${minimum}); look at the claims of epoch ${epoch}, then approve it or lower the bound`,
      };
    },
  };
}
