/** What every session of ours must have, and how it gets it: at the start of the connection, or, behind a pooler, by transaction. */

import pg from 'pg';
import { AppError } from '../errors.ts';

/** Names and values; none may hold a quote or a blank besides the date style's. */
export function sessionSettings(schema: string, statementTimeoutMs: number): Record<string, string> {
  return {
    search_path: schema,
    datestyle: 'ISO, MDY',
    timezone: 'UTC',
    intervalstyle: 'postgres',
    statement_timeout: String(statementTimeoutMs),
    idle_in_transaction_session_timeout: '60000',
  };
}

/** As the start of a connection carries them: over those of database and user. */
export function startupOptions(session: Readonly<Record<string, string>>): string {
  return Object.entries(session)
    .map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`)
    .join(' ');
}

const POOLER =
  'If PgBouncer or another pooler stands before the server, set DATABASE_POOLER=transaction, which needs nothing from it; else let the connection reach the server itself.';

type Done = (error?: Error) => void;

/**
 * Refuses a connection whose tables would be looked for in another schema.
 * @returns for the pool: called with each new connection.
 */
export function verifySchema(schema: string): (client: pg.ClientBase, done: Done) => void {
  return (client, done) => {
    client.query<{ path: string }>("select current_setting('search_path') as path").then(
      ({ rows }) => {
        const path = rows[0]?.path ?? '';
        done(path === schema ? undefined : wrongSchema(schema, path));
      },
      (error: unknown) => done(error as Error),
    );
  };
}

/** @param path What the server has in its place. */
export function wrongSchema(schema: string, path: string): AppError {
  return new AppError(
    'DATABASE_SESSION_WRONG',
    `The connection asked for schema ${schema} and got search_path ${path}: tables would be read and made elsewhere. Nothing was done. ${POOLER}`,
    { context: { schema, path } },
  );
}

/** A connection to the server itself. */
export class DirectClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    const connect = this.connect.bind(this) as (done?: Connected) => unknown;
    const explaining = (done?: Connected): unknown =>
      connect(done && ((error, client) => done(error && explained(error), client)));
    this.connect = explaining as typeof this.connect;
  }
}

type Connected = (error: Error | null | undefined, client: unknown) => void;

/** PgBouncer refuses what it does not know of the start of a connection. */
function explained(error: Error): Error {
  if (!/unsupported startup parameter/.test(error.message)) return error;
  return new AppError('DATABASE_SESSION_WRONG', `The connection was refused (${error.message}). ${POOLER}`, {
    cause: error,
  });
}

/** A connection through a pooler that gives each transaction another session: nothing may be kept in one, so no statement is. */
export class PoolerClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    const query = this.query.bind(this) as (...args: unknown[]) => unknown;
    const unnamed = (first: unknown, ...others: unknown[]): unknown => {
      if (typeof first !== 'object' || first === null || !('name' in first)) return query(first, ...others);
      const { name: _name, ...config } = first;
      return query(config, ...others);
    };
    this.query = unnamed as typeof this.query;
  }
}
