/** Counts what stands on the event topic: distinct events, counted claims, and from which roots was claimed. */

import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import type { KafkaSettings } from '../../runtime/kafka/client.ts';
import { RecordCodec } from '../../runtime/kafka/codec.ts';
import { GroupConsumer, type PartitionBatch } from '../../runtime/kafka/consumer.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import type { Logger } from '../../runtime/logging.ts';

export interface EventCounter {
  /** Distinct events. */
  readonly events: number;
  /** Distinct claims that succeeded and were not retracted. */
  readonly claims: number;
  /** Claims that were made with a proof of one of these roots, each `<channel>/<epoch>`. */
  claimsFrom(roots: ReadonlySet<string>): number;
  /** Waits until everything that is on the topic now was counted. */
  catchUp(): Promise<void>;
  stop(): Promise<void>;
}

export async function startEventCounter(kafka: Kafka, settings: KafkaSettings, log: Logger): Promise<EventCounter> {
  const topic = topicNames(settings).streamEvents;
  const codec = await RecordCodec.connect(settings);
  const events = new Set<string>();
  const claims = new Map<string, string>();
  const final = new Set<string>();
  const positions = new Map<number, bigint>();
  let arrived = Promise.withResolvers<void>();

  const onBatch = async (batch: PartitionBatch): Promise<void> => {
    await codec.prepare(batch.messages.map(({ value }) => value));
    for (const { value } of batch.messages) count(value);
    positions.set(batch.partition, batch.nextOffset);
    arrived.resolve();
    arrived = Promise.withResolvers();
  };
  const count = (value: Buffer | null): void => {
    let decoded: ReturnType<RecordCodec['decode']>;
    try {
      decoded = codec.decode(value);
    } catch (error) {
      log.warn({ topic, err: error }, 'an unreadable record is not counted');
      return;
    }
    if (decoded.name !== 'StreamEvent') return;
    const event = decoded.value;
    events.add(event.eventId);
    if (!event.succeeded || event.instruction.action !== 'claim') return;
    if (event.commitment === 'finalized') final.add(event.eventId);
    if (event.retracted && !final.has(event.eventId)) claims.delete(event.eventId);
    else claims.set(event.eventId, `${event.channel}/${event.instruction.data.epoch}`);
  };

  const groupId = `${settings.KAFKA_NAMESPACE}ao-start-${randomUUID()}`;
  const consumer = new GroupConsumer({ kafka, groupId, topics: [topic], log, onBatch });
  await consumer.start();
  const admin = kafka.admin();
  await admin.connect();
  return {
    get events() {
      return events.size;
    },
    get claims() {
      return claims.size;
    },
    claimsFrom: (roots) => [...claims.values()].filter((root) => roots.has(root)).length,
    async catchUp() {
      const ends = await admin.fetchTopicOffsets(topic);
      // Transaction markers end a partition and are never delivered: one or two offsets may stay unread.
      const behind = (): boolean =>
        ends.some(({ partition, high }) => BigInt(high) - (positions.get(partition) ?? 0n) > 2n);
      const deadline = AbortSignal.timeout(5000);
      while (behind() && !deadline.aborted) {
        await Promise.race([
          arrived.promise,
          new Promise<void>((resolve) => deadline.addEventListener('abort', () => resolve(), { once: true })),
        ]);
      }
    },
    async stop() {
      await consumer.stop();
      await admin.deleteGroups([groupId]).catch(() => undefined);
      await admin.disconnect();
    },
  };
}
