/** Committing offsets for a consumer group that is not running, together with metadata. */

import type { KafkaClient } from './client.ts';
import { libraryOf } from './library.ts';

export interface OffsetToCommit {
  readonly partition: number;
  /** Next offset to read. */
  readonly offset: bigint;
  readonly metadata: string;
}

/**
 * Joins the group for as long as it takes to commit: the library's admin client drops the metadata.
 * @throws what the broker answers, for instance when the group has other members after all.
 */
export async function commitForGroup(
  kafka: KafkaClient,
  groupId: string,
  topic: string,
  offsets: readonly OffsetToCommit[],
): Promise<void> {
  const consumer = libraryOf(kafka).consumer({ groupId, maxWaitTimeInMs: 100, allowAutoTopicCreation: false });
  const joined = Promise.withResolvers<void>();
  consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve());
  consumer.on(consumer.events.CRASH, ({ payload }) => joined.reject(payload.error));
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic] });
    // Nothing is processed: batches come again to whoever reads next, from where the commit says.
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: () => Promise.resolve() });
    await joined.promise;
    await consumer.commitOffsets(
      offsets.map(({ offset, ...place }) => ({ topic, ...place, offset: offset.toString() })),
    );
  } finally {
    await consumer.disconnect();
  }
}
