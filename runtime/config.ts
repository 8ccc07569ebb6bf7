/** Configuration from the environment: one strict schema per role, a readable list of everything that is wrong. */

import { z } from 'zod';
import {
  type EpochBases,
  type EpochSchedule,
  isBases,
  parseBases,
  scheduleOf,
  textOfBases,
} from '../domain/epoch-schedule.ts';
import type { EnvFile } from './env-file.ts';
import { AppError } from './errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the variables that a schema names. An empty value counts as unset.
 * @throws AppError CONFIG_INVALID listing every wrong variable, values left out (they may be secrets).
 */
export function loadConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  env: Environment,
): z.output<z.ZodObject<Shape>> {
  const input: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = env[name]?.trim();
    if (value !== undefined && value !== '') input[name] = value;
  }
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => {
    const [name, entry] = issue.path.map(String);
    const missing = name === undefined || !(name in input);
    const which = entry === undefined ? '' : `entry ${Number(entry) + 1} `;
    return `  ${name}: ${missing ? 'required, not set' : which + issue.message}${describe(schema, name ?? '')}`;
  });
  throw new AppError('CONFIG_INVALID', `Wrong configuration. Set these environment variables:\n${lines.join('\n')}`);
}

function describe(schema: z.ZodObject, name: string): string {
  const text = (schema.shape[name] as z.ZodType | undefined)?.description;
  return text === undefined ? '' : ` (${text})`;
}

/** Where each setting of a schema comes from: `environment`, the operator's file, or `default`. Unset ones are left out. */
export function settingSources(
  config: Readonly<Record<string, unknown>>,
  env: Environment,
  file?: EnvFile,
): Record<string, string> {
  const sourceOf = (name: string): string => {
    if ((env[name]?.trim() ?? '') === '') return 'default';
    return file?.names.has(name) === true ? file.path : 'environment';
  };
  const set = Object.keys(config).filter((name) => config[name] !== undefined);
  return Object.fromEntries(set.map((name) => [name, sourceOf(name)]));
}

/** The configuration as printed at start: secrets and credentials in URLs replaced. */
export function redacted(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      name,
      /PASSWORD|TOKEN|SECRET|API_KEY|OTLP_HEADERS/.test(name) && value !== undefined
        ? '[redacted]'
        : redactValue(value),
    ]),
  );
}

function redactValue(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(redactValue);
  if (isBases(value)) return textOfBases(value);
  return typeof value === 'string' ? redactUrl(value) : value;
}

/** A URL without user, password, and query values; providers put API keys in each of them. Other text is returned as it is. */
export function redactUrl(text: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || !URL.canParse(text)) return text;
  const url = new URL(text);
  if (url.username !== '') url.username = 'redacted';
  if (url.password !== '') url.password = 'redacted';
  for (const key of [...url.searchParams.keys()]) url.searchParams.set(key, 'redacted');
  const secretPath = /^https?:|^wss?:/.test(url.protocol) && url.pathname.split('/').some((part) => part.length >= 20);
  if (secretPath) url.pathname = '/redacted';
  return url.toString();
}

/** true, false, 1, 0, yes, no. */
export const booleanText = z.stringbool({ truthy: ['true', '1', 'yes'], falsy: ['false', '0', 'no'] });
/** A whole number from `min` up that JavaScript holds exactly. */
export const wholeNumber = (min = 0): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().max(Number.MAX_SAFE_INTEGER).min(min));
/** An unsigned 64-bit whole number. */
export const u64Text = z
  .string()
  .regex(/^\d{1,20}$/, 'must be a whole number')
  .transform(BigInt)
  .pipe(z.bigint().max(2n ** 64n - 1n));
/** Bases of the epochs, see domain/epoch-schedule. */
export const epochBases = z.string().transform((text, context) => {
  const bases = parseBases(text);
  if (bases !== undefined) return bases;
  context.addIssue({ code: 'custom', message: 'must be a whole number, or BASE,BASE@SLOT' });
  return z.NEVER;
});
/** Comma-separated values. */
export const listText = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);
export const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' });
export const httpUrls = listText.pipe(z.array(httpUrl).min(1));
export const wsUrl = z.url({ protocol: /^wss?$/, error: 'must be a ws:// or wss:// URL' });
export const base58Address = z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/, 'must be a base58 address');

/** Traces of OpenTelemetry: every role. */
export const tracingConfig = {
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl
    .optional()
    .describe(
      'collector that takes traces by OTLP over HTTP as JSON, e.g. http://127.0.0.1:4318; unset: no traces, and no headers of theirs on records',
    ),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .regex(/^([^=,]+=[^,]*)(,[^=,]+=[^,]*)*$/, 'must be name=value, comma separated')
    .optional()
    .describe('headers for the collector, name=value, comma separated, values percent-encoded'),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(0(\.\d+)?|1(\.0+)?)$/, 'must be a number from 0 to 1')
    .transform(Number)
    .default(1)
    .describe(
      'share of the traces that is kept, 0 to 1; told by the id of a trace, so that every role keeps the same ones',
    ),
};

/** Logging, metrics, traces and stopping: every role. */
export const processConfig = {
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('least severe level that is logged'),
  METRICS_ENDPOINT: httpUrl
    .optional()
    .describe(
      'where the role serves /metrics, /livez and /readyz; port 0 picks a free one; default http://127.0.0.1:<port of the role>/metrics',
    ),
  STOP_TIMEOUT_MS: wholeNumber(1).default(5000).describe('longest graceful stop, ms'),
  ...tracingConfig,
};

/** Kafka and the schema registry: every role. */
export const kafkaConfig = {
  KAFKA_BROKERS: listText
    .pipe(z.array(z.string().regex(/^[^\s:]+:\d+$/, 'must be host:port')).min(1))
    .default(['127.0.0.1:9092'])
    .describe('brokers, host:port, comma separated'),
  KAFKA_NAMESPACE: z
    .string()
    .regex(/^[a-zA-Z0-9._-]*$/)
    .default('')
    .describe('prefix of topics, groups and transactional ids'),
  KAFKA_PARTITIONS: wholeNumber(1)
    .default(6)
    .describe('partitions of the keyed topics; part of the contract, never change it on existing topics'),
  KAFKA_REPLICATION_FACTOR: wholeNumber(1).default(1).describe('used when topics are created'),
  KAFKA_SESSION_TIMEOUT_MS: wholeNumber(6000)
    .default(30_000)
    .describe(
      'silence after which a group member that died is replaced, ms; long work without a heartbeat must fit in',
    ),
  KAFKA_SSL: booleanText.default(false).describe('TLS to the brokers'),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'])
    .optional()
    .describe('SASL mechanism, with the variables below'),
  KAFKA_SASL_USERNAME: z.string().optional().describe('SASL user; the id of the client for oauthbearer'),
  KAFKA_SASL_PASSWORD: z.string().optional().describe('SASL password; the secret of the client for oauthbearer'),
  KAFKA_OAUTH_TOKEN_URL: httpUrl.optional().describe('token endpoint for oauthbearer, asked by client credentials'),
  KAFKA_OAUTH_SCOPE: z.string().optional().describe('scope that is asked for there'),
  SCHEMA_REGISTRY_URL: httpUrl
    .default('http://127.0.0.1:8081')
    .describe('Confluent-compatible schema registry; credentials as user:password@ in the URL'),
  FOREIGN_SCHEMA_IDS: listText
    .pipe(
      z.array(
        z
          .string()
          .regex(/^-?\d{1,10}$/, 'must be a schema id')
          .transform(Number),
      ),
    )
    .default([])
    .describe('ids of schemas that nobody of this platform wrote by; their records go to the dead letters unread'),
};

/** PostgreSQL. */
export const postgresConfig = {
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgresql:// URL' })
    .default('postgresql://127.0.0.1:5432/twzrd')
    .describe('PostgreSQL connection'),
  DATABASE_SCHEMA: z
    .string()
    .regex(/^[a-z_][a-z0-9_]*$/, 'must be a lower-case SQL identifier')
    .default('attention_oracle')
    .describe(
      'schema of the tables; claims and roots of the legacy system that are in it are kept, and ours beside them',
    ),
  DATABASE_POOL_SIZE: wholeNumber(1).default(5).describe('most connections of one process'),
  DATABASE_POOLER: z
    .enum(['none', 'transaction'])
    .default('none')
    .describe(
      'transaction: PgBouncer or the like stands before the server and gives each transaction another session; costs two round trips a query',
    ),
};

/** The program and its mint. */
export const programConfig = {
  AO_PROGRAM_ID: base58Address.default('GnGzNdsQMxMpJfMeqnkGPsvHm8kwaDidiKjNU2dCVZop').describe('program id'),
  MINT_PUBKEY: base58Address
    .optional()
    .describe('the one mint that is counted; unset: every mint (a chain with one mint only)'),
};

/** Subscriptions to the chain. */
export const chainSocketConfig = {
  ANCHOR_WS_URL: listText
    .pipe(z.array(wsUrl))
    .default([])
    .describe(
      'WebSocket URLs, comma separated; default: derived from ANCHOR_PROVIDER_URL (port + 1, then the same port)',
    ),
};

/** Epochs and finalisation. */
export const epochConfig = {
  EPOCH_DURATION_SLOTS: wholeNumber(1)
    .default(432_000)
    .describe('slots of an epoch; 432000: a Solana epoch, about 48 h at slots of 400 ms, 24 h at 200 ms'),
  EPOCH_BASE: epochBases
    .default({ base: 0n, later: [] })
    .describe(
      'added to floor(slot / EPOCH_DURATION_SLOTS), a multiple of 10; BASE,BASE@SLOT: another one from a slot on, as `ao epoch-base change` prints it',
    ),
  FINALIZE_THRESHOLD_SECS: wholeNumber(0)
    .default(300)
    .describe('seconds of block time between the end of an epoch and its roots'),
  ROOT_RECIPE: z
    .enum(['claim-v0', 'claim-v1', 'participation'])
    .default('claim-v0')
    .describe('leaf, order and de-duplication of the roots'),
  ROOT_ODD_NODE: z
    .enum(['duplicate', 'promote'])
    .default('duplicate')
    .describe('what happens to the last node of an odd level'),
};

/** @throws AppError CONFIG_INVALID when the bases are no schedule. */
export function epochSchedule(settings: {
  readonly EPOCH_DURATION_SLOTS: number;
  readonly EPOCH_BASE: EpochBases;
}): EpochSchedule {
  const { EPOCH_DURATION_SLOTS: durationSlots, EPOCH_BASE: bases } = settings;
  const schedule = scheduleOf(durationSlots, bases);
  if (schedule !== undefined) return schedule;
  throw new AppError(
    'CONFIG_INVALID',
    `Wrong configuration. EPOCH_BASE: each later base must be higher than the one before it, and begin later, at the first slot of an epoch (a multiple of EPOCH_DURATION_SLOTS, ${durationSlots}). Set what \`ao epoch-base change\` printed.`,
  );
}
