/** The gaps as clients are told them. */

import { closedGapViews, type GapView, openGapViews } from '../core/gaps.ts';
import { provenState } from '../core/proven-state.ts';
import type { GatewayContext } from './context.ts';
import { storedRanges } from './store/coverage.ts';
import { keptClosedGaps, keptOpenGaps } from './store/gaps.ts';

export async function openGaps({ read, partitions }: GatewayContext): Promise<GapView[]> {
  const [ranges, kept] = await Promise.all([read('coverage', storedRanges), read('open-gaps', keptOpenGaps)]);
  return openGapViews(provenState(partitions, ranges).gaps, kept);
}

/** @param first Most gaps wanted; each may be kept once a partition. */
export async function closedGaps({ read, partitions }: GatewayContext, first: number): Promise<GapView[]> {
  const rows = first * partitions;
  return closedGapViews(await read(`closed-gaps/${rows}`, (pool) => keptClosedGaps(pool, rows))).slice(0, first);
}
