import type { Client } from '../../../runtime/postgres/pool.ts';
import type { RootRow } from '../core/root-row.ts';

/** Dates epochs by their newest root. Key: epoch; the latest time wins, in whatever order roots come. */
export async function finalizeEpochs(client: Client, roots: readonly RootRow[]): Promise<void> {
  await client.query(
    `insert into epochs (epoch, start_slot, end_slot, finalized_at)
     select epoch, min(start_slot), max(end_slot), max(finalized_at)
     from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamp[]) as r(epoch, start_slot, end_slot, finalized_at)
     group by epoch order by epoch
     on conflict (epoch) do update set finalized_at = greatest(epochs.finalized_at, excluded.finalized_at)`,
    [
      roots.map(({ epoch }) => epoch),
      roots.map(({ start_slot }) => start_slot),
      roots.map(({ end_slot }) => end_slot),
      roots.map(({ finalized_at }) => finalized_at),
    ],
  );
}
