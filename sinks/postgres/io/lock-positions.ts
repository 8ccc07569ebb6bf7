import type { Client } from '../../../runtime/postgres/pool.ts';

/**
 * Keeps writers of other partitions out until the transaction ends, so that rows which belong together but come from two
 * topics cannot miss each other. Lock order everywhere: own position, roots topic, event topic, partitions ascending.
 * @returns highest position of each partition that has one.
 */
export async function lockPositions(
  client: Client,
  topic: string,
  partitions: Iterable<number>,
): Promise<Map<number, number>> {
  const { rows } = await client.query<{ partition: number; highest_offset: number }>(
    `select partition, highest_offset from sink_offsets
     where topic = $1 and partition = any($2::int[]) order by partition for update`,
    [topic, [...new Set(partitions)]],
  );
  return new Map(rows.map((row) => [row.partition, row.highest_offset]));
}
