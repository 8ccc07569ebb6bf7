/** The Kafka connection of a process, with the guards that kafkajs needs. */

import { Kafka, logLevel, type SASLOptions } from 'kafkajs';
import type { z } from 'zod';
import type { kafkaConfig } from '../config.ts';
import { AppError, mayPass, messageOf } from '../errors.ts';
import type { Logger } from '../logging.ts';
import { putBehind } from './library.ts';
import { writeLibraryLog } from './library-log.ts';
import { tokenProvider } from './oauth-token.ts';
import './compression/codecs.ts';
import './kafkajs-idle.ts';
import './kafkajs-silence.ts';

export type KafkaSettings = z.output<z.ZodObject<typeof kafkaConfig>>;

/** A process's way to the brokers. Opens nothing by itself: producers, consumers, readers and admins do. */
export interface KafkaClient {
  readonly settings: KafkaSettings;
  /** As brokers log it. */
  readonly clientId: string;
  /** For what is said about the cluster. */
  readonly log: Logger;
}

// kafkajs warns about the partitioner's default on every producer unless told that we know.
process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';

/** Short first wait: with the library's 300 ms a transaction takes a fifth of a second. Many retries: an outage is not an error. */
const RETRY = { initialRetryTime: 5, maxRetryTime: 5000, retries: 60 } as const;

/** @param attempts Tries of each request before an outage is an error; default many. The library bounds connecting by these alone. */
export function createKafka(settings: KafkaSettings, clientId: string, log: Logger, attempts?: number): KafkaClient {
  const library = new Kafka({
    clientId,
    brokers: settings.KAFKA_BROKERS,
    ssl: settings.KAFKA_SSL,
    ...(settings.KAFKA_SASL_MECHANISM === undefined ? {} : { sasl: sasl(settings) }),
    retry: attempts === undefined ? RETRY : { ...RETRY, initialRetryTime: 100, retries: attempts - 1 },
    connectionTimeout: 3000,
    requestTimeout: 30_000,
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => writeLibraryLog(log, entry),
  });
  return putBehind({ settings, clientId, log }, library);
}

/** @throws AppError CONFIG_INVALID where the mechanism lacks its token endpoint. */
function sasl(settings: KafkaSettings): SASLOptions {
  const { KAFKA_SASL_MECHANISM: mechanism = 'plain', KAFKA_OAUTH_TOKEN_URL: url } = settings;
  const [username, password] = [settings.KAFKA_SASL_USERNAME ?? '', settings.KAFKA_SASL_PASSWORD ?? ''];
  if (mechanism !== 'oauthbearer') return { mechanism, username, password };
  if (url === undefined)
    throw new AppError('CONFIG_INVALID', 'KAFKA_SASL_MECHANISM=oauthbearer needs KAFKA_OAUTH_TOKEN_URL.');
  const endpoint = { url, clientId: username, clientSecret: password, scope: settings.KAFKA_OAUTH_SCOPE };
  const token = tokenProvider(endpoint);
  // The library tries again after every error that does not say otherwise.
  const refused = (error: unknown): never => {
    throw mayPass(error) ? error : Object.assign(new Error(messageOf(error)), { retriable: false });
  };
  return { mechanism, oauthBearerProvider: () => token().catch(refused) };
}
