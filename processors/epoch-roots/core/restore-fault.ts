/** Whether the records that a partition's state must be rebuilt from are there, and the same ones. */

import { AppError } from '../../../runtime/errors.ts';

/** A partition of the event topic as Kafka has it. */
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

/** What the group has done in a partition. */
export interface Reached {
  /** First offset that must be read again. */
  readonly restoreFrom: number;
  /** Offset up to which outputs were emitted. */
  readonly emittedBelow: number;
  /** Id of the topic that the offsets belong to; undefined where it is not known. */
  readonly topicId: string | undefined;
}

const WAY_OUT =
  'Bring the records back from a copy of the topic under the same offsets. If they are lost, stop this group: a deployment that reads the history of the chain again must not publish for channels whose claims are settled already.';

/** What forbids rebuilding the state; undefined where nothing does. */
export function restoreFault(reached: Reached, found: FoundPartition): AppError | undefined {
  const { restoreFrom, emittedBelow, topicId } = reached;
  const place = `${found.topic}/${found.partition}`;
  const context = { ...found, restoreFrom, emittedBelow };
  if (topicId !== undefined && found.topicId !== undefined && topicId !== found.topicId) {
    return new AppError(
      'TOPIC_REPLACED',
      `${found.topic} is another topic (id ${found.topicId}) than the one that roots were made from up to offset ${emittedBelow} of partition ${found.partition} (id ${topicId}): it was made anew. Bring the former topic back. ${WAY_OUT}`,
      { context },
    );
  }
  if (emittedBelow > found.high) {
    return new AppError(
      'TOPIC_CUT',
      `Roots were made from ${place} up to offset ${emittedBelow}, and the partition ends at ${found.high}: Kafka has lost records, or is another one. ${WAY_OUT}`,
      { context },
    );
  }
  if (restoreFrom < found.low) {
    return new AppError(
      'RECORDS_GONE',
      `The state of ${place} must be rebuilt from offset ${restoreFrom}, and the partition begins at ${found.low}: the records between were deleted, and roots without them would be wrong. Set the topic's retention to unlimited. ${WAY_OUT}`,
      { context },
    );
  }
  return undefined;
}
