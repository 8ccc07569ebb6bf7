/** Reads of epochs and of what proves them. */

import type { Pool } from '../../../runtime/postgres/pool.ts';
import type { ProvenRange } from '../../core/coverage.ts';
import type { EpochView } from '../../core/views.ts';

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

/** What watermarks have proven of an epoch, partition by partition. */
export async function provenRanges(pool: Pool, epoch: bigint): Promise<ProvenRange[]> {
  const { rows } = await pool.query<ProvenRange>(
    `select stream_partition as partition, source, method, from_slot as "fromSlot", to_slot as "toSlot"
     from epoch_coverage where epoch = $1 order by source, method, from_slot`,
    [epoch.toString()],
  );
  return rows;
}
