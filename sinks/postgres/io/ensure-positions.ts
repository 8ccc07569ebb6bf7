import type { Pool } from '../../../runtime/postgres/pool.ts';

/** Makes the rows that writers lock. Key: (topic, partition); what is there stays. */
export async function ensurePositions(pool: Pool, topics: readonly string[], partitions: number): Promise<void> {
  await pool.query(
    `insert into sink_offsets (topic, partition, next_offset, highest_offset)
     select topic, partition, 0, 0 from unnest($1::text[]) as topic cross join generate_series(0, $2::int - 1) as partition
     on conflict do nothing`,
    [topics, partitions],
  );
}
