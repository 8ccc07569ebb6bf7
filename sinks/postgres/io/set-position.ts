import type { Pool } from '../../../runtime/postgres/pool.ts';

/** Moves a partition's position, for a replay. Key: (topic, partition). */
export async function setPosition(pool: Pool, topic: string, partition: number, nextOffset: number): Promise<void> {
  await pool.query(
    `insert into sink_offsets (topic, partition, next_offset, highest_offset) values ($1, $2, $3, $3)
     on conflict (topic, partition) do update
     set next_offset = $3, highest_offset = greatest(sink_offsets.highest_offset, $3), updated_at = now() at time zone 'utc'`,
    [topic, partition, nextOffset],
  );
}
