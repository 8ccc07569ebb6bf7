/** Waiting for Kafka and the schema registry at start. */

import type { Kafka } from 'kafkajs';
import { AppError, codeOf, messageOf } from '../../../runtime/errors.ts';
import type { KafkaSettings } from '../../../runtime/kafka/client.ts';
import { RecordCodec } from '../../../runtime/kafka/codec.ts';
import { ensureTopics, type TopicNames } from '../../../runtime/kafka/topics.ts';
import type { Logger } from '../../../runtime/logging.ts';
import { retry } from '../../../runtime/retry.ts';

/** Tries again until it works; an error of ours that is not retryable is thrown. */
export function patiently<T>(work: () => Promise<T>, what: string, log: Logger, signal: AbortSignal): Promise<T> {
  return retry(work, {
    signal,
    retryable: (error) => !(error instanceof AppError) || error.retryable,
    onFailure: (error, attempt, delayMs) =>
      log.warn({ attempt, delayMs, code: codeOf(error), reason: messageOf(error) }, `waiting: ${what}`),
  });
}

/** @throws AppError PARTITIONS_CHANGED, SCHEMA_INCOMPATIBLE, or the signal's reason. */
export async function connectTopics(
  kafka: Kafka,
  settings: KafkaSettings,
  log: Logger,
  signal: AbortSignal,
): Promise<{ topics: TopicNames; codec: RecordCodec }> {
  const topics = await patiently(() => ensureTopics(kafka, settings), 'Kafka does not answer yet', log, signal);
  const codec = await patiently(
    () => RecordCodec.connect(settings),
    'the schema registry does not answer yet',
    log,
    signal,
  );
  return { topics, codec };
}
