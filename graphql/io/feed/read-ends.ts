import type { Pool } from '../../../runtime/postgres/pool.ts';

/** How far the sink has stored each topic: by topic, the offset behind the last stored record of each partition. */
export async function readEnds(pool: Pool, topics: readonly string[]): Promise<Map<string, number[]>> {
  const { rows } = await pool.query<{ topic: string; partition: number; highest_offset: number }>({
    name: 'read-ends',
    text: 'select topic, partition, highest_offset from sink_offsets where topic = any($1::text[])',
    values: [topics],
  });
  const ends = new Map(topics.map((topic): [string, number[]] => [topic, []]));
  for (const { topic, partition, highest_offset } of rows) {
    const list = ends.get(topic);
    if (list !== undefined) list[partition] = highest_offset;
  }
  return ends;
}
