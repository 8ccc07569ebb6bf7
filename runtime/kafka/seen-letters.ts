/** Which dead letters a person has seen: the committed offsets of a group that nobody runs. */

import type { KafkaAdmin } from './admin.ts';
import type { KafkaClient } from './client.ts';
import { commitForGroup } from './commit-for-group.ts';
import { topicNames } from './topics.ts';

function groupOf({ settings }: KafkaClient): string {
  return `${settings.KAFKA_NAMESPACE}ao-dead-letters-seen`;
}

/** The first offset of each partition that nobody has marked as seen; partitions without any mark are left out. */
export async function seenOffsets(kafka: KafkaClient, admin: KafkaAdmin): Promise<Map<number, bigint>> {
  const topic = topicNames(kafka.settings).deadLetters;
  const seen = (await admin.committed(groupOf(kafka), [topic])).get(topic) ?? new Map();
  const marks = [...seen].flatMap(([partition, { offset }]) =>
    offset === undefined ? [] : [[partition, offset] as const],
  );
  return new Map(marks);
}

/** Letters that nobody has marked as seen, transaction markers included. */
export async function unseenLetters(kafka: KafkaClient, admin: KafkaAdmin): Promise<bigint> {
  const topic = topicNames(kafka.settings).deadLetters;
  const seen = await seenOffsets(kafka, admin);
  let unseen = 0n;
  for (const [partition, { low, high }] of await admin.bounds(topic)) {
    const from = seen.get(partition) ?? low;
    if (high > from) unseen += high - (from > low ? from : low);
  }
  return unseen;
}

/** Marks every letter that is there now as seen; the letters stay. */
export async function markLettersSeen(kafka: KafkaClient, admin: KafkaAdmin): Promise<void> {
  const topic = topicNames(kafka.settings).deadLetters;
  const offsets = [...(await admin.bounds(topic))].map(([partition, { high }]) => ({
    partition,
    offset: high,
    metadata: '',
  }));
  await commitForGroup(kafka, groupOf(kafka), topic, offsets);
}
