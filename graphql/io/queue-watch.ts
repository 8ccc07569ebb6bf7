/**
 * Whether Kafka answers, and whether its topics are those of this deployment. Nothing that is served comes from Kafka: it may be
 * away at the start and later.
 */

import { mayPass } from '../../runtime/errors.ts';
import type { Holds } from '../../runtime/holds.ts';
import { withAdmin } from '../../runtime/kafka/admin.ts';
import type { KafkaClient } from '../../runtime/kafka/client.ts';
import { holdTopic, watchTopics } from '../../runtime/kafka/topic-watch.ts';
import { ensureTopics } from '../../runtime/kafka/topics.ts';
import type { Logger } from '../../runtime/logging.ts';

export interface QueueWatch {
  /** Whether Kafka answered the newest question in time. */
  readonly isUp: boolean;
  stop(): Promise<void>;
}

export interface QueueWatchOptions {
  /** Must give up soon: the next question is asked when the one before has ended. */
  readonly kafka: KafkaClient;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Told of topics that change under the running role. */
  readonly holds: Holds;
  /** Told, where Kafka was away at the start, of what would have refused the start. */
  fail(error: unknown): void;
}

const LOOK_EVERY_MS = 2000;
const ANSWER_WITHIN_MS = 2000;

/** @throws AppError PARTITIONS_CHANGED, TOPIC_UNSAFE where Kafka answers at once. */
export async function watchQueue({ kafka, log, signal, holds, fail }: QueueWatchOptions): Promise<QueueWatch> {
  let isUp = false;
  let isChecked = false;
  let asked: Promise<void> | undefined;

  const ask = async (): Promise<void> => {
    try {
      if (isChecked) await withAdmin(kafka, (admin) => admin.topics());
      else {
        const names = await ensureTopics(kafka, kafka.settings);
        isChecked = true;
        void watchTopics(kafka, names, { signal, onChange: holdTopic(holds) });
      }
      isUp = true;
    } catch (error) {
      isUp = false;
      if (!mayPass(error)) throw error;
    } finally {
      asked = undefined;
    }
  };
  /** Resolves in time, with or without an answer. */
  const look = async (): Promise<void> => {
    const wasUp = isUp;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        isUp = false;
        resolve();
      }, ANSWER_WITHIN_MS);
    });
    asked ??= ask();
    asked.catch(() => undefined);
    try {
      await Promise.race([asked, late]);
    } finally {
      clearTimeout(timer);
      if (wasUp && !isUp) log.warn('Kafka does not answer');
      if (!wasUp && isUp) log.info('Kafka answers');
    }
  };
  await look();
  if (!isUp) log.warn('Kafka does not answer; what is stored is served');
  const timer = setInterval(() => void look().catch(fail), LOOK_EVERY_MS);
  return {
    get isUp() {
      return isUp;
    },
    async stop() {
      clearInterval(timer);
      await look().catch(() => undefined);
    },
  };
}
