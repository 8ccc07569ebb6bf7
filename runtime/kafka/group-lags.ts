/** Consumer lag: records between what a group has committed and the end of each partition. */

import type { KafkaAdmin } from './admin.ts';
import { isReplayRequest } from './replay-mark.ts';

export interface PartitionLag {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  /** Next offset to read; undefined where nothing is committed. */
  readonly committed: bigint | undefined;
  readonly end: bigint;
  /** Records left. Transaction markers count, as in Kafka's own tools. */
  readonly lag: bigint;
}

/**
 * Lags of every group whose id starts with `prefix`, on the topics it has committed offsets for, sorted.
 * @param topics Topics to look at.
 */
export async function groupLags(admin: KafkaAdmin, topics: readonly string[], prefix: string): Promise<PartitionLag[]> {
  const existing = await admin.topics();
  const known = topics.filter((topic) => existing.has(topic));
  const groups = (await admin.groups(prefix)).filter((group) => !isReplayRequest(group));
  const bounds = new Map(await Promise.all(known.map(async (topic) => [topic, await admin.bounds(topic)] as const)));
  const lags = await Promise.all(
    groups.map(async (group) =>
      [...(await admin.committed(group, known))].flatMap(([topic, partitions]) =>
        [...partitions].map(([partition, { offset: committed }]): PartitionLag => {
          const { low, high: end } = bounds.get(topic)?.get(partition) ?? { low: 0n, high: 0n };
          const lag = end - (committed ?? low);
          return { group, topic, partition, committed, end, lag: lag < 0n ? 0n : lag };
        }),
      ),
    ),
  );
  return lags
    .flat()
    .sort((a, b) => a.group.localeCompare(b.group) || a.topic.localeCompare(b.topic) || a.partition - b.partition);
}
