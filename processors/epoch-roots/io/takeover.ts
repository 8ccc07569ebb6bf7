/** What a partition's new owner finds: how far the group has come, and from where the state must be rebuilt. */

import type { GroupConsumer } from '../../../runtime/kafka/consumer.ts';
import { BASE_CHANGE_MARK } from '../../../runtime/kafka/replay-mark.ts';
import type { TopicNames } from '../../../runtime/kafka/topics.ts';
import type { Logger } from '../../../runtime/logging.ts';
import { decodeCheckpoint } from '../core/checkpoint.ts';
import type { Mark } from '../core/partition-state.ts';
import { Progress } from '../core/progress.ts';
import { type FoundPartition, restoreFault } from '../core/restore-fault.ts';
import type { Rules } from '../core/rules.ts';
import { StandingRoots } from '../core/standing-roots.ts';

export interface TakeoverPorts {
  readonly consumer: Pick<GroupConsumer, 'committed'>;
  /** What Kafka has of a partition of the event topic. */
  readonly found: (partition: number) => Promise<FoundPartition>;
  /** What stands of a partition on the roots topic. */
  readonly standing: (partition: number) => Promise<StandingRoots>;
  readonly rules: Rules;
  readonly topics: TopicNames;
  readonly log: Logger;
}

export interface Takeover {
  readonly found: FoundPartition;
  /** Where a replay begins. */
  readonly mark: Mark;
  /** Outputs of records below it were emitted before. */
  readonly emittedBelow: bigint;
  /** Position that a replay must reach. */
  readonly restoreTo: number;
  /** The roots that must come out again, where there is no checkpoint. */
  readonly standing: StandingRoots | undefined;
  /** Id of the topic that the checkpoint belongs to. */
  readonly topicId: string | undefined;
}

/** @throws AppError CHECKPOINT_RULES_CHANGED */
export async function readTakeover(ports: TakeoverPorts, partition: number): Promise<Takeover> {
  const { consumer, rules, topics, log } = ports;
  const committed = (await consumer.committed(topics.streamEvents)).get(partition);
  const found = await ports.found(partition);
  const checkpoint = decodeCheckpoint(rules, committed?.metadata ?? '');
  if (checkpoint !== undefined) {
    const emittedBelow = committed?.offset ?? BigInt(checkpoint.position);
    const { topicId, position } = checkpoint;
    const restoreTo = Math.max(checkpoint.offset, position);
    const mark = checkpoint.isOfOtherTiming ? await byWhatStands(ports, partition, checkpoint) : checkpoint;
    return { found, mark, emittedBelow, restoreTo, standing: undefined, topicId };
  }
  const all = await ports.standing(partition);
  const { schedule } = rules;
  const isNewBase = committed?.metadata.startsWith(`${BASE_CHANGE_MARK}${schedule.base}:`) === true;
  const standing = isNewBase && all.isNumberedOtherwise(schedule) ? new StandingRoots([], partition, schedule) : all;
  standing.assertMadeUnder(rules);
  const { emittedBelow } = standing;
  if (emittedBelow > 0)
    log.warn(
      { partition, offset: committed?.offset, metadata: committed?.metadata, emittedBelow },
      'no checkpoint: restoring from the beginning, holding what comes out against the roots that stand',
    );
  return {
    found,
    mark: { offset: 0, progress: Progress.start },
    emittedBelow: BigInt(emittedBelow),
    restoreTo: emittedBelow,
    standing,
    topicId: undefined,
  };
}

/** What a former release had emitted by its way of timing epochs stays emitted, and does not come a second time by ours. */
async function byWhatStands({ standing, rules, log }: TakeoverPorts, partition: number, mark: Mark): Promise<Mark> {
  const newest = (await standing(partition)).newestIndex(rules);
  log.info(
    { partition, newest },
    'the checkpoint is of another release: epochs count as ended up to the newest root that stands',
  );
  return { ...mark, progress: mark.progress.emittedThrough(newest) };
}

/** @param restoreFrom First offset to read. @throws AppError RECORDS_GONE, TOPIC_CUT, TOPIC_REPLACED */
export function assertRestorable({ found, emittedBelow, restoreTo, topicId }: Takeover, restoreFrom: number): void {
  const reached = { restoreFrom, emittedBelow: Math.max(Number(emittedBelow), restoreTo), topicId };
  const fault = restoreFault(reached, found);
  if (fault !== undefined) throw fault;
}
