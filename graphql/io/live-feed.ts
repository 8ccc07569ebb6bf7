/** What happens now, from Kafka, handed to the subscriptions of this instance. One group an instance, from the end of the topics. */

import { countedClaim } from '../../domain/counted-claim.ts';
import { codeOf } from '../../runtime/errors.ts';
import type { Holds } from '../../runtime/holds.ts';
import { forgetGroup } from '../../runtime/kafka/admin.ts';
import type { KafkaClient } from '../../runtime/kafka/client.ts';
import type { Decoded, RecordCodec } from '../../runtime/kafka/codec.ts';
import { GroupConsumer } from '../../runtime/kafka/consumer.ts';
import type { KafkaRecord } from '../../runtime/kafka/records.ts';
import type { TopicNames } from '../../runtime/kafka/topics.ts';
import type { Logger } from '../../runtime/logging.ts';
import { TopicFanout } from '../core/topic-fanout.ts';
import type { IngestedClaimView, SettlementStepView } from '../core/views.ts';

/** A root as it was finalised; its row may not be in the database yet. */
export interface FinalizedRoot {
  readonly channel: string;
  readonly epoch: bigint;
}

export interface LiveFeed {
  readonly roots: TopicFanout<FinalizedRoot>;
  readonly settlements: TopicFanout<SettlementStepView>;
  readonly claims: TopicFanout<IngestedClaimView>;
  isJoined(): boolean;
  stop(): Promise<void>;
}

export interface LiveFeedOptions {
  readonly kafka: KafkaClient;
  readonly codec: RecordCodec;
  readonly topics: TopicNames;
  readonly groupId: string;
  readonly protocolState: string | undefined;
  readonly log: Logger;
  readonly holds: Holds;
}

export async function startLiveFeed({
  kafka,
  codec,
  topics,
  groupId,
  protocolState,
  log,
  holds,
}: LiveFeedOptions): Promise<LiveFeed> {
  const roots = new TopicFanout<FinalizedRoot>();
  const settlements = new TopicFanout<SettlementStepView>();
  const claims = new TopicFanout<IngestedClaimView>();
  const deliver = ({ name, value }: Decoded): void => {
    if (name === 'RootFinalized') roots.publish({ channel: value.channel, epoch: value.epoch });
    else if (name === 'SettlementRecord') {
      const { channel, epoch, root, status, attempt, signature, feeLamports, reason } = value;
      const slot = value.slot === null ? null : BigInt(value.slot);
      settlements.publish({
        channel,
        epoch,
        root,
        status,
        attempt,
        signature,
        slot,
        feeLamports,
        reason,
        at: new Date(value.at),
      });
    } else if (name === 'StreamEvent') {
      const claim = countedClaim(value, protocolState);
      if (claim === undefined) return;
      const { eventId, channel, claimer: user, amount, id, signature } = claim;
      claims.publish({
        eventId,
        channel,
        user,
        amount,
        id,
        slot: BigInt(claim.slot),
        signature,
        commitment: value.commitment,
        retracted: value.retracted,
      });
    }
  };
  const consumer = new GroupConsumer({
    kafka,
    groupId,
    topics: [topics.roots, topics.settlements, topics.streamEvents],
    fromBeginning: false,
    log,
    holds,
    codec,
    async onBatch({ topic, partition, messages }) {
      await codec.prepare(messages.map(({ value }) => value));
      for (const message of messages) deliverOne(topic, partition, message);
    },
  });
  const deliverOne = (topic: string, partition: number, { value, offset }: KafkaRecord): void => {
    let decoded: Decoded;
    try {
      decoded = codec.decode(value);
    } catch (error) {
      // The sinks send it to the dead letters; a subscriber can do nothing with it.
      log.warn({ topic, partition, offset, code: codeOf(error) }, 'record not delivered to subscribers');
      return;
    }
    deliver(decoded);
  };
  await consumer.start();
  return {
    roots,
    settlements,
    claims,
    isJoined: () => consumer.isJoined(),
    async stop() {
      for (const fanout of [roots, settlements, claims]) fanout.close();
      await consumer.stop();
      await forgetGroup(kafka, groupId);
    },
  };
}
