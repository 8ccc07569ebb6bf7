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
  const session = await openKafka();
  try {
    return await work(session);
  } finally {
    await session.admin.close();
  }
}

/** A session that is opened when it is first needed, tried again where that failed, and kept until it is closed. */
export function keptKafka(): { open(): Promise<KafkaSession>; close(): Promise<void> } {
  let session: KafkaSession | undefined;
  return {
    open: async () => (session ??= await openKafka()),
    close: async () => session?.admin.close(),
  };
}

async function openKafka(): Promise<KafkaSession> {
  const settings = loadConfig(z.object(kafkaConfig), process.env);
  const kafka = createKafka(settings, 'ao-cli', silentLogger(), ATTEMPTS);
  const admin = await KafkaAdmin.connect(kafka).catch((cause: unknown) => {
    throw new AppError(
      'KAFKA_UNREACHABLE',
      `No broker answers at ${settings.KAFKA_BROKERS.join(', ')}: ${messageOf(cause)}. Set KAFKA_BROKERS.`,
      { cause },
    );
  });
  return { settings, kafka, admin };
}
