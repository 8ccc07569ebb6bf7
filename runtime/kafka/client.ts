/** The Kafka connection of a process, with the guards that kafkajs needs. */

import { Kafka, type LogEntry, logLevel, type SASLOptions } from 'kafkajs';
import type { z } from 'zod';
import type { kafkaConfig } from '../config.ts';
import type { Logger } from '../logging.ts';
import { putBehind } from './library.ts';
import './kafkajs-idle.ts';

export type KafkaSettings = z.output<z.ZodObject<typeof kafkaConfig>>;

/** A process's way to the brokers. Opens nothing by itself: producers, consumers, readers and admins do. */
export interface KafkaClient {
  readonly settings: KafkaSettings;
  /** As brokers log it. */
  readonly clientId: string;
}

// kafkajs warns about the partitioner's default on every producer unless told that we know.
process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';

/** Short first wait: with the library's 300 ms a transaction takes a fifth of a second. Many retries: an outage is not an error. */
const RETRY = { initialRetryTime: 5, maxRetryTime: 5000, retries: 60 } as const;

export function createKafka(settings: KafkaSettings, clientId: string, log: Logger): KafkaClient {
  const library = new Kafka({
    clientId,
    brokers: settings.KAFKA_BROKERS,
    ssl: settings.KAFKA_SSL,
    ...(settings.KAFKA_SASL_MECHANISM === undefined ? {} : { sasl: sasl(settings) }),
    retry: RETRY,
    connectionTimeout: 3000,
    requestTimeout: 30_000,
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => writeLog(log, entry),
  });
  return putBehind({ settings, clientId }, library);
}

function sasl(settings: KafkaSettings): SASLOptions {
  return {
    mechanism: settings.KAFKA_SASL_MECHANISM ?? 'plain',
    username: settings.KAFKA_SASL_USERNAME ?? '',
    password: settings.KAFKA_SASL_PASSWORD ?? '',
  };
}

/** Passing states of every start and of every quick sequence of transactions. */
const ROUTINE =
  /another concurrent operation on the same transaction|coordinator is (not available|loading)|Limiting retries/;

function writeLog(log: Logger, entry: LogEntry): void {
  const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...fields } = entry.log;
  // The library tells of what it retries by itself; what it gives up on reaches the role as a thrown error.
  const routine = ROUTINE.test(`${message} ${String(fields['error'])}`);
  const level = entry.level === logLevel.ERROR && !routine ? 'warn' : 'debug';
  log[level]({ library: 'kafkajs', namespace: entry.namespace, ...fields }, message);
}
