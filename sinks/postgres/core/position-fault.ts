/** Whether a stored position still means something in the partition as Kafka has it. */

import { AppError } from '../../../runtime/errors.ts';

/** Where the database stands in a partition. */
export interface StoredPosition {
  /** Offset of the next record to take in. */
  readonly next: number;
  /** Highest `next` ever reached. */
  readonly highest: number;
  /** Id of the topic that the offsets belong to; undefined where it is not known. */
  readonly topicId: string | undefined;
}

/** A partition as Kafka has it. */
export interface FoundPartition {
  readonly topic: string;
  readonly partition: number;
  /** Undefined where the brokers give none. */
  readonly topicId: string | undefined;
  /** Offset of its first record. */
  readonly low: number;
  /** Offset of the next record to be written. */
  readonly high: number;
}

const NEW_SCHEMA =
  'Bring the former topic back, or, if this one is right, give the sink and the gateway a DATABASE_SCHEMA that does not exist yet: it is filled from what the topics hold.';

/**
 * What forbids going on from a position; undefined where it is sound. A position at which nothing was ever taken in belongs to
 * any topic.
 */
export function positionFault(stored: StoredPosition, found: FoundPartition): AppError | undefined {
  const place = `${found.topic}/${found.partition}`;
  const context = { ...found, ...stored };
  const taken = stored.highest > 0;
  if (taken && found.topicId !== undefined && stored.topicId !== undefined && found.topicId !== stored.topicId) {
    return new AppError(
      'TOPIC_REPLACED',
      `${found.topic} is another topic (id ${found.topicId}) than the one whose records up to offset ${stored.highest} of partition ${found.partition} are in the database (id ${stored.topicId}): Kafka or the topic was made anew. ${NEW_SCHEMA}`,
      { context: { ...context, topicId: found.topicId, storedTopicId: stored.topicId } },
    );
  }
  if (stored.highest > found.high) {
    return new AppError(
      'TOPIC_CUT',
      `The database has records of ${place} up to offset ${stored.highest}, and the partition ends at ${found.high}: Kafka has lost records, or is another one. ${NEW_SCHEMA}`,
      { context },
    );
  }
  if (stored.next < found.low) {
    return new AppError(
      'RECORDS_GONE',
      `The database stands at offset ${stored.next} of ${place}, and the partition begins at ${found.low}: the records between were deleted and are missing. Set the topic's retention to unlimited, bring the records back from a copy of the topic, or accept the loss: stop the sink, \`ao replay --group ao-postgres-sink --topic ${found.topic} --partition ${found.partition} --to-beginning\`, and start it.`,
      { context },
    );
  }
  return undefined;
}
