/** PostgreSQL connections: one pool a process, the search path set to the platform's schema. */

import pg from 'pg';
import type { z } from 'zod';
import type { postgresConfig } from '../config.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../logging.ts';

export type PostgresSettings = z.output<z.ZodObject<typeof postgresConfig>>;
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
  /** Longest wait for the answer of a query, ms; a connection that takes longer is dropped. Default: as long as it takes. */
  readonly queryTimeoutMs?: number;
}

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
  const pool = new pg.Pool({
    connectionString: settings.DATABASE_URL,
    max: settings.DATABASE_POOL_SIZE,
    application_name: applicationName,
    connectionTimeoutMillis: Math.min(5000, queryTimeoutMs ?? 5000),
    // A connection that falls silent without being closed is found out by the first query that nobody answers.
    ...(queryTimeoutMs === undefined ? {} : { query_timeout: queryTimeoutMs }),
    keepAlive: true,
    statement_timeout: queryTimeoutMs ?? 60_000,
    idle_in_transaction_session_timeout: 60_000,
    options: `-c search_path=${settings.DATABASE_SCHEMA}`,
    types,
  });
  // An idle connection that breaks (server restart) is replaced at the next use; without a listener it ends the process.
  pool.on('error', (error) => log.warn({ err: error }, 'idle database connection lost'));
  // The same for one that breaks in use but between two queries; the next query reports it.
  pool.on('connect', (client) => {
    client.on('error', (error) => log.debug({ err: error }, 'database connection lost'));
  });
  return pool;
}

/** Runs `work` in a transaction; rolls back and rethrows on failure. A connection that failed is not used again. */
export async function inTransaction<T>(pool: Pool, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((rollbackError: unknown) => {
      broken = rollbackError instanceof Error ? rollbackError : new Error(String(rollbackError));
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
