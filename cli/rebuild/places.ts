/** The living deployment and the one beside it, for the commands of a rebuild. */

import { z } from 'zod';
import { type Environment, kafkaConfig, loadConfig, postgresConfig } from '../../runtime/config.ts';
import { AppError } from '../../runtime/errors.ts';
import type { KafkaAdmin } from '../../runtime/kafka/admin.ts';
import { createKafka, type KafkaClient } from '../../runtime/kafka/client.ts';
import { silentLogger } from '../../runtime/logging.ts';
import { createPool, type Pool } from '../../runtime/postgres/pool.ts';
import { withKafka } from '../kafka/session.ts';

export interface Places {
  /** Of the rebuild: its schema, and its namespace before the dot. */
  readonly name: string;
  readonly livingSchema: string;
  readonly living: KafkaClient;
  readonly side: KafkaClient;
  readonly admin: KafkaAdmin;
  /** Of the side. */
  readonly pool: Pool;
  /** Of roles that run on the side. */
  readonly env: Environment;
}

/** @throws AppError CONFIG_INVALID; KAFKA_UNREACHABLE; ARGUMENT_INVALID where the name is that of the living deployment. */
export async function withPlaces<T>(
  name: string,
  work: (places: Places) => Promise<T>,
  namespace?: 'may be the living one',
): Promise<T> {
  const env = {
    ...process.env,
    KAFKA_NAMESPACE: `${name}.`,
    DATABASE_SCHEMA: name,
    METRICS_ENDPOINT: 'http://127.0.0.1:0/metrics',
  };
  const settings = loadConfig(z.object(postgresConfig), env);
  const { DATABASE_SCHEMA: livingSchema } = loadConfig(z.object(postgresConfig), process.env);
  return withKafka(async ({ kafka: living, admin }) => {
    const side = createKafka(loadConfig(z.object(kafkaConfig), env), 'ao-rebuild', silentLogger());
    const isLiving = living.settings.KAFKA_NAMESPACE === side.settings.KAFKA_NAMESPACE;
    if ((isLiving && namespace === undefined) || livingSchema === name)
      throw new AppError('ARGUMENT_INVALID', `${name} is where the living deployment is: give another --name.`);
    const pool = createPool(settings, 'ao-rebuild', silentLogger());
    try {
      return await work({ name, livingSchema, living, side, admin, pool, env });
    } finally {
      await pool.end();
    }
  });
}
