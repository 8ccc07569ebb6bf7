import type { Client } from '../../../runtime/postgres/pool.ts';
import type { FinalisedEpoch } from './find-finalised-epochs.ts';

export interface OutsideRoots {
  readonly late: number;
  readonly unproven: number;
}

/**
 * Marks what a finalised epoch's roots do not hold: late where it was proven afterwards, unproven where it was not proven.
 * Key: the row's id; only pending rows are marked, so a second call finds none.
 */
export async function markOutsideRoots(
  client: Client,
  partition: number,
  finalised: readonly FinalisedEpoch[],
): Promise<OutsideRoots> {
  if (finalised.length === 0) return { late: 0, unproven: 0 };
  const { rows } = await client.query<{ late: number; unproven: number }>(
    `with marked as (
       update claims c set status = case when c.proven then 'late' else 'unproven' end
       from unnest($2::bigint[], $3::bigint[]) as f(epoch, source_offset)
       where c.epoch = f.epoch and c.stream_partition = $1 and c.status = 'pending'
         and (c.proven_offset > f.source_offset or c.unproven_slot is not null)
       returning c.status
     )
     select count(*) filter (where status = 'late') as late, count(*) filter (where status = 'unproven') as unproven
     from marked`,
    [partition, finalised.map(({ epoch }) => epoch), finalised.map(({ sourceOffset }) => sourceOffset)],
  );
  return rows[0] ?? { late: 0, unproven: 0 };
}
