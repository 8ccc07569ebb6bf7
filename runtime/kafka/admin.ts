/** Questions to the cluster about topics and groups, and what tools do to them. */

import type { Admin } from 'kafkajs';
import type { KafkaClient } from './client.ts';
import { libraryOf } from './library.ts';
import { onceKnown } from './once-known.ts';
import type { CommittedOffset } from './records.ts';

/** What a partition holds. */
export interface PartitionBounds {
  /** Offset of the first record that is still there. */
  readonly low: bigint;
  /** Offset of the next record to be written. */
  readonly high: bigint;
}

export interface PartitionReplicas {
  readonly partition: number;
  /** Node id of the broker that leads it; negative while none does. */
  readonly leader: number;
  readonly replicas: number;
  /** Copies that are up to date. */
  readonly inSync: number;
}

export class KafkaAdmin {
  readonly #admin: Admin;

  private constructor(admin: Admin) {
    this.#admin = admin;
  }

  static async connect(kafka: KafkaClient): Promise<KafkaAdmin> {
    const admin = libraryOf(kafka).admin();
    await admin.connect().catch(async (error: unknown) => {
      // A connection that was made and not let in would stay open.
      await admin.disconnect();
      throw error;
    });
    return new KafkaAdmin(admin);
  }

  async close(): Promise<void> {
    await this.#admin.disconnect();
  }

  /** Number of brokers that answer. */
  async brokerCount(): Promise<number> {
    return (await this.#admin.describeCluster()).brokers.length;
  }

  /** Where the copies of each partition are, by topic; only of topics that exist. */
  async replicas(topics: readonly string[]): Promise<Map<string, PartitionReplicas[]>> {
    const found = await this.#admin.fetchTopicMetadata({ topics: [...topics] });
    return new Map(
      found.topics.map(({ name, partitions }) => [
        name,
        partitions.map(({ partitionId, leader, replicas, isr }) => ({
          partition: partitionId,
          leader,
          replicas: replicas.length,
          inSync: isr.length,
        })),
      ]),
    );
  }

  async topics(): Promise<Set<string>> {
    return new Set(await this.#admin.listTopics());
  }

  /** By partition. */
  async bounds(topic: string): Promise<Map<number, PartitionBounds>> {
    const found = await onceKnown(() => this.#admin.fetchTopicOffsets(topic));
    return new Map(
      found
        .sort((a, b) => a.partition - b.partition)
        .map(({ partition, low, high }) => [partition, { low: BigInt(low), high: BigInt(high) }]),
    );
  }

  /** First offset at or after an instant, by partition; the end where nothing is as young. */
  async offsetsAt(topic: string, unixMs: number): Promise<Map<number, bigint>> {
    const found = await onceKnown(() => this.#admin.fetchTopicOffsetsByTimestamp(topic, unixMs));
    return new Map(found.map(({ partition, offset }) => [partition, BigInt(offset)]));
  }

  /** By topic and partition; topics without any committed offset are left out. */
  async committed(groupId: string, topics: readonly string[]): Promise<Map<string, Map<number, CommittedOffset>>> {
    const found = await this.#admin.fetchOffsets({ groupId, topics: [...topics] });
    const offsets = found.map(({ topic, partitions }) => {
      const rows = partitions.map(({ partition, offset, metadata }): [number, CommittedOffset] => [
        partition,
        { offset: BigInt(offset) < 0n ? undefined : BigInt(offset), metadata: metadata ?? '' },
      ]);
      return [topic, new Map(rows)] as const;
    });
    return new Map(offsets.filter(([, rows]) => [...rows.values()].some(({ offset }) => offset !== undefined)));
  }

  /** Ids of the groups that begin so. */
  async groups(prefix: string): Promise<string[]> {
    const { groups } = await this.#admin.listGroups();
    return groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(prefix));
  }

  /** Running members of a group. */
  async memberCount(groupId: string): Promise<number> {
    const { groups } = await this.#admin.describeGroups([groupId]);
    return groups[0]?.members.length ?? 0;
  }

  /** With all that they hold. @throws what the broker answers. */
  async deleteTopics(names: readonly string[]): Promise<void> {
    await this.#admin.deleteTopics({ topics: [...names] });
  }

  /** @throws what the broker answers, for instance when the group has members. */
  async deleteGroup(groupId: string): Promise<void> {
    await this.#admin.deleteGroups([groupId]);
  }
}

/** Connects, works, disconnects. */
export async function withAdmin<T>(kafka: KafkaClient, work: (admin: KafkaAdmin) => Promise<T>): Promise<T> {
  const admin = await KafkaAdmin.connect(kafka);
  try {
    return await work(admin);
  } finally {
    await admin.close();
  }
}

/** Tidies up sooner what the broker forgets by itself. */
export async function forgetGroup(kafka: KafkaClient, groupId: string): Promise<void> {
  await withAdmin(kafka, (admin) => admin.deleteGroup(groupId)).catch(() => undefined);
}
