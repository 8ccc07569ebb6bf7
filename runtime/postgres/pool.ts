/** PostgreSQL connections: one pool a process, the search path set to the platform's schema. */

import pg from 'pg';
import type { z } from 'zod';
import type { postgresConfig } from '../config.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import { DirectClient, PoolerClient, sessionSettings, startupOptions, verifySchema } from './session.ts';

type WholeSettings = z.output<z.ZodObject<typeof postgresConfig>>;
export type PostgresSettings = Omit<WholeSettings, 'DATABASE_POOLER'> & Partial<Pick<WholeSettings, 'DATABASE_POOLER'>>;
export type Pool = pg.Pool;
export type Client = pg.PoolClient;

/** bigint columns (slots, ids, offsets) are numbers here; numeric(20) columns (amounts, on-chain epochs) stay text. */
function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) {
    throw new AppError('NUMBER_UNSAFE', `A bigint column holds ${text}, which JavaScript cannot hold exactly.`);
  }
  return value;
}

export interface PoolLimits {
  /** Longest wait for the answer of a query, ms; a connection that takes longer is dropped. Default: 65,000. */
  readonly queryTimeoutMs?: number;
}

/** The server's limit for a statement, unless the transaction asks for more. */
const STATEMENT_MS = 60_000;
/** An answer that is later than the server's own limit does not come: the connection has fallen silent. */
const GRACE_MS = 5000;
/** Nothing to do and no lock to wait for: later than this, the connection is silent. */
const BEGIN_MS = 10_000;

/** How a pool's transactions begin. */
const beginnings = new WeakMap<pg.Pool, string>();

export function createPool(
  settings: PostgresSettings,
  applicationName: string,
  log: Logger,
  { queryTimeoutMs }: PoolLimits = {},
): Pool {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, parseInt8);
  // The target architecture's timestamp columns have no zone and hold UTC; the driver would take them for local time.
  types.setTypeParser(pg.types.builtins.TIMESTAMP, (text) => new Date(`${text.replace(' ', 'T')}Z`));
  const pooled = settings.DATABASE_POOLER === 'transaction';
  const session = sessionSettings(settings.DATABASE_SCHEMA, queryTimeoutMs ?? STATEMENT_MS);
  const pool = new pg.Pool({
    connectionString: settings.DATABASE_URL,
    max: settings.DATABASE_POOL_SIZE,
    // With the schema, so that who takes it away sees who works on it.
    application_name: `${applicationName} ${settings.DATABASE_SCHEMA}`,
    connectionTimeoutMillis: Math.min(5000, queryTimeoutMs ?? 5000),
    // A connection that falls silent without being closed is found out by the first query that nobody answers.
    query_timeout: queryTimeoutMs ?? STATEMENT_MS + GRACE_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    Client: pooled ? PoolerClient : DirectClient,
    // Whatever the database, the user or the connection string say: the driver reads ISO dates, the tables hold UTC.
    ...(pooled ? {} : { options: startupOptions(session), verify: verifySchema(settings.DATABASE_SCHEMA) }),
    types,
  });
  if (pooled) {
    const assignments = Object.entries(session).map(([name, value]) => `set local ${name} = '${value}'`);
    beginnings.set(pool, ['begin', ...assignments].join('; '));
    // The pooler gives each transaction another session: a query by itself becomes a transaction with its settings.
    const query = (text: pg.QueryConfig, values?: unknown[]) =>
      inTransaction(pool, (client) => client.query(text, values));
    pool.query = query as typeof pool.query;
  }
  // An idle connection that breaks (server restart) is replaced at the next use; without a listener it ends the process.
  pool.on('error', (error) => log.warn({ err: error }, 'idle database connection lost'));
  // The same for one that breaks in use but between two queries; the next query reports it.
  pool.on('connect', (client) => {
    client.on('error', (error) => log.debug({ err: error }, 'database connection lost'));
  });
  return pool;
}

/**
 * Runs `work` in a transaction; rolls back and rethrows on failure. A connection that failed, or that does not answer, is not
 * used again.
 */
export async function inTransaction<T>(pool: Pool, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  const limits = (client as unknown as Limited).connectionParameters;
  const queryTimeoutMs = limits?.query_timeout;
  let broken: Error | undefined;
  let begun = false;
  try {
    await client.query(withLimit(beginnings.get(pool) ?? 'begin'));
    begun = true;
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    const reason = begun ? await client.query(withLimit('rollback')).then(undefined, asError) : asError(error);
    if (reason instanceof Error) broken = reason;
    throw error;
  } finally {
    if (limits !== undefined) limits.query_timeout = queryTimeoutMs;
    client.release(broken);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Lets the statements of the transaction take that long, ms; 0: as long as they take. */
export async function allowStatements(client: Client, limitMs: number): Promise<void> {
  await client.query(`set local statement_timeout = ${limitMs}`);
  const limits = (client as unknown as Limited).connectionParameters;
  if (limits !== undefined) limits.query_timeout = limitMs === 0 ? undefined : limitMs + GRACE_MS;
}

/** Where the driver keeps the limit of a connection's queries. */
interface Limited {
  readonly connectionParameters?: { query_timeout?: number | undefined };
}

function withLimit(text: string): pg.QueryConfig {
  return { text, query_timeout: BEGIN_MS } as pg.QueryConfig;
}
