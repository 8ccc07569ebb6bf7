/** Reads of epochs and of what proves them. */

import type { Pool } from '../../../runtime/postgres/pool.ts';
import type { CoverageView, EpochView } from '../../core/views.ts';

export async function epochOf(pool: Pool, epoch: bigint): Promise<EpochView | undefined> {
  const { rows } = await pool.query<{ epoch: number; start_slot: number; end_slot: number; finalized_at: Date | null }>(
    'select epoch, start_slot, end_slot, finalized_at from epochs where epoch = $1',
    [epoch.toString()],
  );
  return rows.map((row) => ({
    epoch: BigInt(row.epoch),
    startSlot: BigInt(row.start_slot),
    endSlot: BigInt(row.end_slot),
    finalizedAt: row.finalized_at,
  }))[0];
}

/** Every partition holds the same watermarks; the ranges common to all are what counts, so the first partition's stand for them. */
export async function coverageOf(pool: Pool, epoch: bigint): Promise<CoverageView[]> {
  const { rows } = await pool.query<{ source: string; from_slot: number; to_slot: number; method: string }>(
    `select source, method, max(from_slot) as from_slot, min(to_slot) as to_slot
     from (select source, method, stream_partition, min(from_slot) as from_slot, max(to_slot) as to_slot
           from epoch_coverage where epoch = $1 group by source, method, stream_partition) by_partition
     group by source, method having max(from_slot) <= min(to_slot) order by source, method`,
    [epoch.toString()],
  );
  return rows.map((row) => ({
    source: row.source,
    fromSlot: BigInt(row.from_slot),
    toSlot: BigInt(row.to_slot),
    method: row.method,
  }));
}
