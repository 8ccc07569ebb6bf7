/** Notices, while a role runs, that a topic is not the one that the role started with. */

import { setTimeout as delay } from 'node:timers/promises';
import type { TopicKey } from '../../schemas/topics.ts';
import { AppError, codeOf, messageOf } from '../errors.ts';
import type { Holds } from '../holds.ts';
import type { KafkaClient } from './client.ts';
import { describeTopics, type FoundTopic } from './describe-topics.ts';
import { partitionsOf, refuseOtherCount, type TopicNames } from './topics.ts';

export interface TopicWatchOptions {
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** Told once: PARTITIONS_CHANGED or TOPIC_REPLACED, with the topic in the context. The role must not go on as it did. */
  onChange(error: AppError): void;
  /** Between two looks. Default 10,000. */
  readonly intervalMs?: number;
}

const INTERVAL_MS = 10_000;

/** For roles that do no harm when they go on, not ready: what they read is what stands on the topics. */
export function holdTopic(holds: Holds): TopicWatchOptions['onChange'] {
  return (error) => holds.hold(String(error.context['topic']), error);
}

/** Looks until the signal, or until there is a change to tell. Resolves when it has ended; an outage is no change. */
export async function watchTopics(kafka: KafkaClient, names: TopicNames, options: TopicWatchOptions): Promise<void> {
  const { signal, onChange, intervalMs = INTERVAL_MS } = options;
  let former: ReadonlyMap<string, FoundTopic> = new Map();
  while (!signal.aborted) {
    try {
      const found = await describeTopics(kafka, Object.values(names));
      if (signal.aborted) return;
      refuseChange(kafka, names, former, found);
      former = new Map([...former, ...found]);
    } catch (error) {
      if (error instanceof AppError) {
        onChange(error);
        return;
      }
      kafka.log.debug({ code: codeOf(error), reason: messageOf(error) }, 'the topics cannot be looked at');
    }
    await delay(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}

function refuseChange(
  kafka: KafkaClient,
  names: TopicNames,
  former: ReadonlyMap<string, FoundTopic>,
  found: ReadonlyMap<string, FoundTopic>,
): void {
  for (const [key, name] of Object.entries(names) as [TopicKey, string][]) {
    const topic = found.get(name);
    const id = former.get(name)?.id;
    // One that is missing is an outage: it comes back as it was, or as another.
    if (topic === undefined) continue;
    refuseOtherCount(name, topic.partitions, partitionsOf(key, kafka.settings));
    if (id !== undefined && topic.id !== undefined && id !== topic.id) {
      throw new AppError(
        'TOPIC_REPLACED',
        `Topic ${name} was made anew while this role ran (id ${topic.id}, was ${id}). Bring the former topic back, or start every role again: each says then what it needs to go on.`,
        { context: { topic: name, topicId: topic.id, former: id } },
      );
    }
  }
}
