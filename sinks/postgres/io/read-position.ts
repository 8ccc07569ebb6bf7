import type { Pool } from '../../../runtime/postgres/pool.ts';
import type { StoredPosition } from '../core/position-fault.ts';

/**
 * Where the database stands in a partition; offset 0 where nothing of it was taken in.
 * Key: (topic, partition); the row is made once, for the guard of the writes.
 */
export async function readPosition(pool: Pool, topic: string, partition: number): Promise<StoredPosition> {
  await pool.query(
    'insert into sink_offsets (topic, partition, next_offset, highest_offset) values ($1, $2, 0, 0) on conflict do nothing',
    [topic, partition],
  );
  const { rows } = await pool.query<{ next: number; highest: number; topicId: string | null }>(
    `select next_offset as next, highest_offset as highest, topic_id as "topicId" from sink_offsets
     where topic = $1 and partition = $2`,
    [topic, partition],
  );
  const { next, highest, topicId } = rows[0] ?? { next: 0, highest: 0, topicId: null };
  return { next, highest, topicId: topicId ?? undefined };
}
