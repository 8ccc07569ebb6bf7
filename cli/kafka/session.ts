/** A tool's connection to Kafka: settings from the environment, an admin client, closed at the end. */

import type { Admin, Kafka } from 'kafkajs';
import { z } from 'zod';
import { kafkaConfig, loadConfig } from '../../runtime/config.ts';
import { AppError, messageOf } from '../../runtime/errors.ts';
import { createKafka, type KafkaSettings } from '../../runtime/kafka/client.ts';
import { silentLogger } from '../../runtime/logging.ts';

export interface KafkaSession {
  readonly settings: KafkaSettings;
  readonly kafka: Kafka;
  readonly admin: Admin;
}

/**
 * @throws AppError CONFIG_INVALID; KAFKA_UNREACHABLE when no broker answers.
 */
export async function withKafka<T>(work: (session: KafkaSession) => Promise<T>): Promise<T> {
  const settings = loadConfig(z.object(kafkaConfig), process.env);
  const kafka = createKafka(settings, 'ao-cli', silentLogger());
  const admin = kafka.admin({ retry: { retries: 3, initialRetryTime: 100 } });
  try {
    await admin.connect();
  } catch (cause) {
    throw new AppError(
      'KAFKA_UNREACHABLE',
      `No broker answers at ${settings.KAFKA_BROKERS.join(', ')}: ${messageOf(cause)}. Set KAFKA_BROKERS.`,
      { cause },
    );
  }
  try {
    return await work({ settings, kafka, admin });
  } finally {
    await admin.disconnect();
  }
}
