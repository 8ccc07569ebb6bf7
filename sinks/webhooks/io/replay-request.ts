/**
 * How messages are wanted again while the role runs: the broker refuses an outsider's commit for a group that has members, so the
 * places are committed for a group that never has any, and the members take them over.
 */

import { randomUUID } from 'node:crypto';
import { forgetGroup, type KafkaAdmin } from '../../../runtime/kafka/admin.ts';
import type { KafkaClient, KafkaSettings } from '../../../runtime/kafka/client.ts';
import { commitForGroup } from '../../../runtime/kafka/commit-for-group.ts';
import { REPLAY_MARK, replayRequestGroup } from '../../../runtime/kafka/replay-mark.ts';
import type { TopicNames } from '../../../runtime/kafka/topics.ts';

export interface Place {
  readonly topic: string;
  readonly partition: number;
  /** Next offset to read. */
  readonly offset: bigint;
}

/** A place with what is committed with it once it is taken over. */
export interface RequestedPlace extends Place {
  readonly mark: string;
}

/** Consumer group of an endpoint. */
export function endpointGroup({ KAFKA_NAMESPACE }: KafkaSettings, endpointId: string): string {
  return `${KAFKA_NAMESPACE}ao-webhooks-${endpointId}`;
}

/** Asks for messages again; a later request replaces an earlier one. */
export async function requestReplay(kafka: KafkaClient, groupId: string, places: readonly Place[]): Promise<void> {
  await forgetReplay(kafka, groupId);
  const metadata = `${REPLAY_MARK}${randomUUID()}`;
  for (const topic of new Set(places.map((place) => place.topic))) {
    const offsets = places.filter((place) => place.topic === topic).map((place) => ({ ...place, metadata }));
    await commitForGroup(kafka, replayRequestGroup(groupId), topic, offsets);
  }
}

/** The places that were asked for and not forgotten yet. */
export async function readReplay(
  admin: KafkaAdmin,
  topics: TopicNames,
  groupId: string,
): Promise<readonly RequestedPlace[]> {
  const committed = await admin.committed(replayRequestGroup(groupId), [topics.roots, topics.settlements]);
  return [...committed].flatMap(([topic, partitions]) =>
    [...partitions].flatMap(([partition, { offset, metadata }]) =>
      offset === undefined ? [] : [{ topic, partition, offset, mark: metadata }],
    ),
  );
}

export async function forgetReplay(kafka: KafkaClient, groupId: string): Promise<void> {
  await forgetGroup(kafka, replayRequestGroup(groupId));
}
