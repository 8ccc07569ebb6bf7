/** What the fees of a UTC day may come to. */

import { DAY_MS } from '../paid-fees.ts';
import type { Policy } from './policy.ts';

/** @param lamportsPerDay Undefined: no such policy. */
export function feeBudgetPolicy(lamportsPerDay: bigint | undefined): Policy | undefined {
  if (lamportsPerDay === undefined) return undefined;
  return {
    needs: [],
    judge({ feesTodayLamports, nowMs }) {
      if (feesTodayLamports < lamportsPerDay) return undefined;
      const tomorrowMs = (Math.floor(nowMs / DAY_MS) + 1) * DAY_MS;
      return {
        code: 'POLICY_BUDGET_SPENT',
        text: `the fees of this day have come to ${feesTodayLamports} lamports, and SETTLEMENT_LAMPORTS_PER_DAY is ${lamportsPerDay}; it goes on at ${new Date(tomorrowMs).toISOString()}, or when the budget is raised`,
        notBeforeMs: tomorrowMs,
      };
    },
  };
}
