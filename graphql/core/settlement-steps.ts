/** What the rows of the settlement ledger say of one root together. */

import type { SettlementStatus } from '../schema-types.generated.ts';
import type { SettlementStepView } from './views.ts';

/** Final on chain: nothing that is said of the root later changes it. */
function isSettled({ status }: Pick<SettlementStepView, 'status'>): boolean {
  return status === 'FINALIZED' || status === 'ALREADY_SETTLED';
}

/** Where a root stands. @param steps Oldest first. */
export function settlementStatus(steps: readonly Pick<SettlementStepView, 'status'>[]): SettlementStatus | null {
  return (steps.find(isSettled) ?? steps.at(-1))?.status ?? null;
}

/** Without what was said to hold a root after it was settled (its record had come again). @param steps Oldest first. */
export function stepsToShow<Step extends Pick<SettlementStepView, 'status'>>(steps: readonly Step[]): Step[] {
  const settledAt = steps.findIndex(isSettled);
  return steps.filter(({ status }, index) => settledAt < 0 || index < settledAt || status !== 'HELD');
}
