/** Brings the platform's schema up to date: the numbered files of schemas/sql, each once, in order. */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { AppError, messageOf } from '../errors.ts';
import type { Logger } from '../logging.ts';
import { adoptLegacyTables } from './adopt-legacy.ts';
import { refuseForeignNotes, refuseForeignTables } from './foreign-tables.ts';
import { allowStatements, type Client, inTransaction, type Pool } from './pool.ts';
import { wrongSchema } from './session.ts';

export interface Migration {
  /** The four digits that a file's name begins with. */
  readonly version: number;
  /** File name. */
  readonly name: string;
  readonly sql: string;
}

export interface MigrationResult {
  /** Files applied by this call. */
  readonly applied: readonly string[];
  /** Files that were applied by a newer release and that this one does not have. */
  readonly unknown: readonly string[];
}

/**
 * The migrations of the repository, in order.
 * @throws AppError MIGRATION_MISNAMED
 */
export function readMigrations(folder = new URL('../../schemas/sql/', import.meta.url)): Migration[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  return names.sort().map((name, i) => {
    const version = Number(/^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1] ?? Number.NaN);
    if (version !== i + 1) {
      throw new AppError(
        'MIGRATION_MISNAMED',
        `${name} must be named ${String(i + 1).padStart(4, '0')}_<what>.sql: migrations are numbered without gaps.`,
      );
    }
    return { version, name, sql: readFileSync(new URL(name, folder), 'utf8') };
  });
}

/**
 * Applies what is missing, each file in a transaction of its own together with the note that it was applied. Callers that run
 * at the same time wait for each other. Safe to call at every start. The legacy system's own `claims` and `roots` are kept, our
 * columns are added to them.
 * @throws AppError MIGRATION_FAILED, MIGRATION_CHANGED, TABLES_FOREIGN, DATABASE_SESSION_WRONG, DATABASE_FORBIDDEN; database errors when it cannot be reached.
 */
export async function migrate(
  pool: Pool,
  schema: string,
  log: Logger,
  migrations: readonly Migration[] = readMigrations(),
): Promise<MigrationResult> {
  const applied: string[] = [];
  for (;;) {
    const step = await inTransaction(pool, (client) => applyNext(client, schema, migrations));
    if (step.applied === undefined) {
      if (step.unknown.length > 0)
        log.warn({ schema, unknown: step.unknown }, 'the database was migrated by a newer release');
      return { applied, unknown: step.unknown };
    }
    applied.push(step.applied);
    log.info({ schema, migration: step.applied }, 'migration applied');
  }
}

interface Step {
  readonly applied: string | undefined;
  readonly unknown: readonly string[];
}

async function applyNext(client: Client, schema: string, migrations: readonly Migration[]): Promise<Step> {
  // A migration, or the wait for another process's, may outlast the pool's limit for statements.
  await allowStatements(client, 0);
  await client.query('select pg_advisory_xact_lock(hashtext($1))', [`attention-oracle migrations of ${schema}`]);
  await ensureSchema(client, schema);
  const { rows } = await client.query<{ version: number; name: string; checksum: string }>(
    'select version, name, checksum from schema_migrations order by version',
  );
  for (const row of rows) {
    const known = migrations.find(({ version }) => version === row.version);
    if (known !== undefined && checksum(known) !== row.checksum) {
      throw new AppError(
        'MIGRATION_CHANGED',
        `${row.name} was applied to schema ${schema} with other contents than the file has now. Restore the file and put the change into a new migration.`,
        { context: { schema, migration: row.name } },
      );
    }
  }
  const done = new Set(rows.map(({ version }) => version));
  const next = migrations.find(({ version }) => !done.has(version));
  if (next === undefined) {
    const newest = migrations.at(-1)?.version ?? 0;
    return { applied: undefined, unknown: rows.filter((row) => row.version > newest).map(({ name }) => name) };
  }
  const { sql, tables } = await adoptLegacyTables(client, schema, next.sql);
  await refuseForeignTables(client, schema, next, tables);
  await run(client, schema, next, sql);
  return { applied: next.name, unknown: [] };
}

/** @param sql What the file has, or does to tables of the legacy system. */
async function run(client: Client, schema: string, migration: Migration, sql: string): Promise<void> {
  try {
    await client.query(sql);
  } catch (cause) {
    const { position, code } = cause as { position?: string; code?: string };
    const line = position === undefined ? '' : `, line ${sql.slice(0, Number(position)).split('\n').length}`;
    throw new AppError(
      'MIGRATION_FAILED',
      `${migration.name}${line} failed on schema ${schema}: ${messageOf(cause)} (SQLSTATE ${code ?? 'unknown'}). Nothing of it was kept.`,
      { context: { schema, migration: migration.name }, cause },
    );
  }
  // Key: version. The lock of the transaction keeps a second runner out.
  await client.query('insert into schema_migrations (version, name, checksum) values ($1, $2, $3)', [
    migration.version,
    migration.name,
    checksum(migration),
  ]);
}

async function ensureSchema(client: Client, schema: string): Promise<void> {
  try {
    const { rows } = await client.query<{ present: boolean }>('select to_regnamespace($1) is not null as present', [
      schema,
    ]);
    if (rows[0]?.present !== true) await client.query(`create schema ${JSON.stringify(schema)}`);
    const { rows: current } = await client.query<{ name: string | null; path: string }>(
      "select current_schema() as name, current_setting('search_path') as path",
    );
    if (current[0]?.name !== schema) throw wrongSchema(schema, current[0]?.path ?? '');
    await refuseForeignNotes(client, schema);
    await client.query(
      "create table if not exists schema_migrations (version int primary key, name text not null, checksum text not null, applied_at timestamp not null default (now() at time zone 'utc'))",
    );
  } catch (cause) {
    if ((cause as { code?: string }).code !== '42501') throw cause;
    throw new AppError(
      'DATABASE_FORBIDDEN',
      `The database user may not create schema ${schema} or tables in it. Let an administrator run: create schema ${schema} authorization <user>;`,
      // Roles wait for the administrator.
      { retryable: true, context: { schema }, cause },
    );
  }
}

function checksum(migration: Migration): string {
  return createHash('sha256').update(migration.sql).digest('hex');
}
