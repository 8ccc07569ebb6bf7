import type { Pool } from '../../../runtime/postgres/pool.ts';

/** Notes which topic a partition's offsets belong to, once that was found to be sound. Key: (topic, partition). */
export async function setTopicId(pool: Pool, topic: string, partition: number, topicId: string): Promise<void> {
  await pool.query(
    `update sink_offsets set topic_id = $3 where topic = $1 and partition = $2 and topic_id is distinct from $3`,
    [topic, partition, topicId],
  );
}
