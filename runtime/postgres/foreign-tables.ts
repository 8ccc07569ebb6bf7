/** Tables of others in our schema: the legacy system's, or another migration tool's. They are named and left alone. */

import { AppError } from '../errors.ts';
import type { Client } from './pool.ts';

const OTHER_SCHEMA =
  'Nothing was changed. Set DATABASE_SCHEMA to a schema that does not exist yet; the tables here stay as they are.';

/**
 * Before our own note of what was applied is made.
 * @throws AppError TABLES_FOREIGN when a table of its name is there that another tool made.
 */
export async function refuseForeignNotes(client: Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ columns: string[] }>(
    `select array_agg(column_name::text order by ordinal_position) as columns from information_schema.columns
     where table_schema = $1 and table_name = 'schema_migrations' having count(*) > 0`,
    [schema],
  );
  const columns = rows[0]?.columns;
  if (columns === undefined || ['version', 'name', 'checksum'].every((name) => columns.includes(name))) return;
  throw new AppError(
    'TABLES_FOREIGN',
    `Schema ${schema} holds a table schema_migrations of another migration tool (columns ${columns.join(', ')}). ${OTHER_SCHEMA}`,
    { context: { schema, columns } },
  );
}

/**
 * @param adopted Tables that are there and that the migration takes over.
 * @throws AppError TABLES_FOREIGN when what a migration makes is there already, so that somebody else made it.
 */
export async function refuseForeignTables(
  client: Client,
  schema: string,
  migration: { readonly name: string; readonly sql: string },
  adopted: readonly string[],
): Promise<void> {
  const made = [...migration.sql.matchAll(/^\s*create\s+(?:unique\s+)?(?:table|view|index)\s+(\w+)/gim)]
    .map(([, name]) => name as string)
    .filter((name) => !adopted.includes(name));
  const { rows } = await client.query<{ name: string; columns: string | null }>(
    `select c.relname::text as name, string_agg(a.attname, ', ' order by a.attnum) as columns
     from pg_class c left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace = to_regnamespace($1) and c.relname = any($2::text[])
     group by c.oid, c.relname order by c.relname`,
    [schema, made],
  );
  if (rows.length === 0) return;
  const list = rows.map(({ name, columns }) => `${name} (${columns ?? ''})`).join('; ');
  throw new AppError(
    'TABLES_FOREIGN',
    `Schema ${schema} holds what ${migration.name} would make, and this platform did not make it: ${list}. ${OTHER_SCHEMA}`,
    { context: { schema, migration: migration.name, found: rows.map(({ name }) => name) } },
  );
}
