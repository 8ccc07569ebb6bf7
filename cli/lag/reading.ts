/** What one scrape of the lag exporter reads off the cluster, once for all of its metrics. */

import type { KafkaAdmin, PartitionBounds, PartitionReplicas } from '../../runtime/kafka/admin.ts';
import { type BrokerDisk, brokerDisks } from '../../runtime/kafka/broker-disks.ts';
import type { KafkaClient } from '../../runtime/kafka/client.ts';
import { groupLags, type PartitionLag } from '../../runtime/kafka/group-lags.ts';

export interface Reading {
  readonly brokers: number;
  readonly lags: readonly PartitionLag[];
  /** Running members, by group. */
  readonly members: ReadonlyMap<string, number>;
  readonly bounds: ReadonlyMap<string, ReadonlyMap<number, PartitionBounds>>;
  readonly replicas: ReadonlyMap<string, readonly PartitionReplicas[]>;
  readonly disks: readonly BrokerDisk[];
}

/** @param topics Those of the deployment; only ones that exist are read. */
export async function readCluster(kafka: KafkaClient, admin: KafkaAdmin, topics: readonly string[]): Promise<Reading> {
  const existing = await admin.topics();
  const known = topics.filter((topic) => existing.has(topic));
  const [brokers, lags, replicas, disks, bounds] = await Promise.all([
    admin.brokerCount(),
    groupLags(admin, known, kafka.settings.KAFKA_NAMESPACE),
    admin.replicas(known),
    brokerDisks(kafka),
    Promise.all(known.map(async (topic) => [topic, await admin.bounds(topic)] as const)),
  ]);
  const groups = [...new Set(lags.map(({ group }) => group))];
  const members = await Promise.all(groups.map(async (group) => [group, await admin.memberCount(group)] as const));
  return { brokers, lags, members: new Map(members), bounds: new Map(bounds), replicas, disks };
}
