/** Consumer lag: records between what a group has committed and the end of each partition. */

import type { Admin } from 'kafkajs';

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
export async function groupLags(admin: Admin, topics: readonly string[], prefix: string): Promise<PartitionLag[]> {
  const existing = new Set(await admin.listTopics());
  const known = topics.filter((topic) => existing.has(topic));
  const { groups } = await admin.listGroups();
  const ids = groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(prefix));
  const ends = new Map(
    await Promise.all(known.map(async (topic) => [topic, await admin.fetchTopicOffsets(topic)] as const)),
  );
  const lags = await Promise.all(
    ids.map(async (group) => {
      const offsets = await admin.fetchOffsets({ groupId: group, topics: [...known] });
      return offsets
        .filter(({ partitions }) => partitions.some(({ offset }) => BigInt(offset) >= 0n))
        .flatMap(({ topic, partitions }) =>
          partitions.map(({ partition, offset }): PartitionLag => {
            const bounds = ends.get(topic)?.find((end) => end.partition === partition);
            const end = BigInt(bounds?.high ?? 0);
            const committed = BigInt(offset) < 0n ? undefined : BigInt(offset);
            const lag = end - (committed ?? BigInt(bounds?.low ?? 0));
            return { group, topic, partition, committed, end, lag: lag < 0n ? 0n : lag };
          }),
        );
    }),
  );
  return lags
    .flat()
    .sort((a, b) => a.group.localeCompare(b.group) || a.topic.localeCompare(b.topic) || a.partition - b.partition);
}
