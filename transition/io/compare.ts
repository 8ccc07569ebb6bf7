/** One comparison of our roots with the legacy system's. */

import type { Pool } from '../../runtime/postgres/pool.ts';
import { explainDifference, type LegacyRoot, type ParityRow, pairRoots, type Verdict } from '../core/parity.ts';
import { readClaims, readOurRoots } from './our-roots.ts';

/** Leaves of a legacy tree of claims, in their order; null where they are not kept, or cannot be read. */
export type LeavesOf = (root: LegacyRoot) => Promise<readonly string[] | null>;

/** @returns every pair, differences with what explains them. */
export async function compareWithLegacy(
  pool: Pool,
  legacy: readonly LegacyRoot[],
  since: bigint,
  leavesOf: LeavesOf = async () => null,
): Promise<ParityRow[]> {
  const whole: ParityRow[] = [];
  for (const row of pairRoots(await readOurRoots(pool, since), legacy)) {
    const { ours, legacy: theirs, verdict, reasons } = row;
    if (verdict !== 'differs' || ours === null || theirs === null) whole.push(row);
    else {
      const why = explainDifference(ours, theirs, await readClaims(pool, ours), await leavesOf(theirs));
      whole.push({ ...row, reasons: [...reasons, ...why] });
    }
  }
  return whole;
}

export function totalsOf(rows: readonly ParityRow[]): Record<Verdict, number> {
  const totals = { equal: 0, differs: 0, uncertain: 0 };
  for (const { verdict } of rows) totals[verdict] += 1;
  return totals;
}
