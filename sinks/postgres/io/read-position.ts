import type { Pool } from '../../../runtime/postgres/pool.ts';

/**
 * Where the database stands in a partition; 0 where nothing of it was taken in.
 * Key: (topic, partition); the row is made once, for the guard of the writes.
 */
export async function readPosition(pool: Pool, topic: string, partition: number): Promise<number> {
  await pool.query(
    'insert into sink_offsets (topic, partition, next_offset, highest_offset) values ($1, $2, 0, 0) on conflict do nothing',
    [topic, partition],
  );
  const { rows } = await pool.query<{ next_offset: number }>(
    'select next_offset from sink_offsets where topic = $1 and partition = $2',
    [topic, partition],
  );
  return rows[0]?.next_offset ?? 0;
}
