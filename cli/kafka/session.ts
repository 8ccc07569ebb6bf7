/** A tool's connection to Kafka: settings from the environment, an admin client, closed at the end. */

import { z } from 'zod';
import { kafkaConfig, loadConfig } from '../../runtime/config.ts';
import { AppError, messageOf } from '../../runtime/errors.ts';
import { KafkaAdmin } from '../../runtime/kafka/admin.ts';
import { createKafka, type KafkaClient, type KafkaSettings } from '../../runtime/kafka/client.ts';
import { silentLogger } from '../../runtime/logging.ts';

export interface KafkaSession {
  readonly settings: KafkaSettings;
  readonly kafka: KafkaClient;
  readonly admin: KafkaAdmin;
}

/** A person waits for the answer. */
const ATTEMPTS = 3;

/**
 * @throws AppError CONFIG_INVALID; KAFKA_UNREACHABLE when no broker answers.
 */
export async function withKafka<T>(work: (session: KafkaSession) => Promise<T>): Promise<T> {
  const settings = loadConfig(z.object(kafkaConfig), process.env);
  const kafka = createKafka(settings, 'ao-cli', silentLogger(), ATTEMPTS);
  const admin = await KafkaAdmin.connect(kafka).catch((cause: unknown) => {
    throw new AppError(
      'KAFKA_UNREACHABLE',
      `No broker answers at ${settings.KAFKA_BROKERS.join(', ')}: ${messageOf(cause)}. Set KAFKA_BROKERS.`,
      { cause },
    );
  });
  try {
    return await work({ settings, kafka, admin });
  } finally {
    await admin.close();
  }
}
