/** The webhook sink: pushes events to the legacy aggregator, at least once each, in order per partition. */

import { createKafka } from '../../runtime/kafka/client.ts';
import { connectTopics } from '../../runtime/kafka/connect.ts';
import { GroupConsumer } from '../../runtime/kafka/consumer.ts';
import { connectProducer } from '../../runtime/kafka/producer.ts';
import { partitionsOf } from '../../runtime/kafka/topics.ts';
import type { Role } from '../../runtime/role.ts';
import { waitingFor } from '../../runtime/wait-for.ts';
import { webhookConfig } from './config.ts';
import { AggregatorClient } from './io/aggregator-client.ts';
import { EventPusher } from './io/event-pusher.ts';
import { WebhookMetrics } from './io/webhook-metrics.ts';

/** How long a stop waits for the push under way. */
const DRAIN_MS = 2000;

export const role: Role<typeof webhookConfig.shape> = {
  name: 'webhook',
  config: webhookConfig,
  opsPort: 9105,
  async start({ config, log, metrics: registry, signal, holds, fail }) {
    const kafka = createKafka(config, 'ao-webhook-sink', log);
    const waitFor = waitingFor(log, signal, holds);
    const { topics, codec } = await connectTopics(kafka, config, waitFor, { signal, onChange: fail });
    const producer = await waitFor('Kafka', () => connectProducer(kafka));
    const hurry = new AbortController();
    const client = new AggregatorClient({
      url: config.AGGREGATOR_URL,
      token: config.AGGREGATOR_TOKEN,
      timeoutMs: config.AGGREGATOR_TIMEOUT_MS,
      signal: hurry.signal,
    });
    const pusher = new EventPusher({
      codec,
      producer,
      client,
      metrics: new WebhookMetrics(registry),
      log,
      role: role.name,
      topic: topics.streamEvents,
      holds,
      deadLetterTopic: topics.deadLetters,
      maxBackoffMs: config.AGGREGATOR_MAX_BACKOFF_MS,
      signal,
      commit: (topic, partition, offset) => consumer.commit(topic, partition, offset),
    });
    const consumer: GroupConsumer = new GroupConsumer({
      kafka,
      groupId: `${config.KAFKA_NAMESPACE}ao-webhook-sink`,
      topics: [topics.streamEvents],
      log,
      holds,
      codec,
      partitionsAtOnce: partitionsOf('streamEvents', config),
      onBatch: (batch) => pusher.push(batch),
      onAssigned: () => pusher.reset(),
    });
    await waitFor('Kafka', () => consumer.start());
    return {
      live: () => consumer.isLive(),
      ready: () => ({ kafka: consumer.isJoined(), aggregator: pusher.answering }),
      async stop() {
        const timer = setTimeout(() => hurry.abort(new Error('the role stops')), DRAIN_MS);
        await pusher.idle();
        clearTimeout(timer);
        await consumer.stop();
        await producer.disconnect();
      },
    };
  },
};
