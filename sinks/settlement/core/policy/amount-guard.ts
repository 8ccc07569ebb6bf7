/** No single root lets more be claimed than its owner has said. */

import { type Policy, unseen } from './policy.ts';

/** @param most Base units that one root may let be claimed; undefined: no such policy. */
export function amountGuardPolicy(most: bigint | undefined): Policy | undefined {
  if (most === undefined) return undefined;
  return {
    needs: ['payout'],
    judge({ root: { channel, epoch }, payout }) {
      if ('unknown' in payout) return unseen('amounts', payout.unknown);
      if (payout.value <= most) return undefined;
      return {
        code: 'POLICY_AMOUNT_TOO_HIGH',
        text: `the root of ${channel} lets ${payout.value} base units be claimed, more than SETTLEMENT_MAX_AMOUNT (${most}); look at the claims of epoch ${epoch}, then approve it or raise the bound`,
      };
    },
  };
}
