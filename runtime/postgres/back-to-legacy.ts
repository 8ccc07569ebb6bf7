/** Takes our part out of a schema whose `claims` and `roots` are the legacy system's: its rows, also those written since, stay. */

import { AppError } from '../errors.ts';
import type { FormerColumn, FormerTable } from './adopt-legacy.ts';
import { readMigrations } from './migrate.ts';
import { allowStatements, type Client, inTransaction, type Pool } from './pool.ts';

export interface BackToLegacy {
  /** Rows that stay, by table. */
  readonly kept: Readonly<Record<string, number>>;
  /** Rows of ours that are taken out, by table. They can be made again from the topics. */
  readonly removed: Readonly<Record<string, number>>;
}

/** Roles that work on the tables, as their sessions are named. */
const ROLES = ['sink', 'ao-gateway', 'ao-settlement', 'ao-parity-watch'];

/** What tells a row of ours. */
const OURS: Readonly<Record<string, string>> = { claims: 'event_id is not null', roots: 'recipe is not null' };

/**
 * One transaction: all of it, or nothing.
 * @param dryRun Tells what would be removed.
 * @throws AppError OPTION_INVALID where no table was adopted; GROUP_ACTIVE while a role of ours is connected.
 */
export async function backToLegacy(pool: Pool, schema: string, dryRun: boolean): Promise<BackToLegacy> {
  return inTransaction(pool, async (client) => {
    await allowStatements(client, 0);
    await client.query('select pg_advisory_xact_lock(hashtext($1))', [`attention-oracle migrations of ${schema}`]);
    const former = await readAdopted(client, schema);
    const removed: Record<string, number> = {};
    const kept: Record<string, number> = {};
    for (const [table] of former) {
      removed[table] = await count(client, `${table} where ${OURS[table]}`);
      kept[table] = await count(client, `${table} where not (${OURS[table]})`);
    }
    if (dryRun) return { kept, removed };
    await refuseWhileUsed(client, schema);
    await dropOurs(
      client,
      former.map(([table]) => table),
    );
    for (const [table, before] of former) await restore(client, table, before);
    return { kept, removed };
  });
}

async function readAdopted(client: Client, schema: string): Promise<[string, FormerTable][]> {
  const { rows: found } = await client.query<{ there: boolean }>(
    "select to_regclass('adopted_tables') is not null as there",
  );
  const { rows } =
    found[0]?.there === true
      ? await client.query<{ name: string; before: FormerTable }>(
          'select name, before from adopted_tables order by name',
        )
      : { rows: [] };
  if (rows.length === 0) {
    throw new AppError(
      'OPTION_INVALID',
      `Schema ${schema} holds no table of the legacy system that this platform took over: there is nothing to go back to. Its tables are all ours; to be rid of them, drop the schema.`,
    );
  }
  return rows.map(({ name, before }) => [name, before]);
}

async function count(client: Client, source: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(`select count(*) from ${source}`);
  return Number(rows[0]?.count);
}

/** @throws AppError GROUP_ACTIVE while a role of ours is connected to the schema. */
export async function refuseWhileUsed(client: Client, schema: string): Promise<void> {
  // The server cuts names off at 63 bytes.
  const { rows } = await client.query<{ name: string }>(
    `select distinct application_name as name from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()
       and application_name in (select left(role || ' ' || $1, 63) from unnest($2::text[]) as role)`,
    [schema, ROLES],
  );
  if (rows.length === 0) return;
  throw new AppError(
    'GROUP_ACTIVE',
    `Roles are connected to the schema (${rows.map(({ name }) => name).join(', ')}): stop them first. Nothing was changed.`,
  );
}

/** Views first, then tables, the newest first: what refers comes after what it refers to. */
async function dropOurs(client: Client, adopted: readonly string[]): Promise<void> {
  const text = readMigrations()
    .map(({ sql }) => sql)
    .join('\n');
  const made = (kind: string): string[] => [
    ...new Set(
      [...text.matchAll(new RegExp(`^create (?:or replace )?${kind} (?:if not exists )?(\\w+)`, 'gm'))].map(
        ([, name]) => name as string,
      ),
    ),
  ];
  for (const view of made('view').reverse()) await client.query(`drop view if exists ${view}`);
  for (const table of [...made('table').reverse(), 'schema_migrations']) {
    if (!adopted.includes(table)) await client.query(`drop table if exists ${table}`);
  }
}

async function restore(client: Client, table: string, { columns, indexes, comment }: FormerTable): Promise<void> {
  await client.query(`delete from ${table} where ${OURS[table]}`);
  const { rows } = await client.query<{ drop: string }>(
    `select format('alter table ${table} drop constraint %I', conname) as drop from pg_constraint
     where conrelid = '${table}'::regclass and contype = 'c'
     union all
     select format('alter table ${table} drop column %I', attname) from pg_attribute
     where attrelid = '${table}'::regclass and attnum > 0 and not attisdropped and attname <> all($1::text[])`,
    [columns.map(({ name }) => name)],
  );
  for (const { drop } of rows) await client.query(drop);
  const { rows: left } = await client.query<{ drop: string }>(
    `select format('drop index %I', c.relname) as drop from pg_index x join pg_class c on c.oid = x.indexrelid
     where x.indrelid = '${table}'::regclass and c.relname <> all($1::text[])`,
    [indexes],
  );
  for (const { drop } of left) await client.query(drop);
  for (const column of columns) await restoreColumn(client, table, column);
  await client.query(`alter table ${table} reset (fillfactor)`);
  await client.query(`comment on table ${table} is ${literal(client, comment)}`);
}

async function restoreColumn(client: Client, table: string, column: FormerColumn): Promise<void> {
  const name = client.escapeIdentifier(column.name);
  const collation = column.collation === null ? '' : ` collate ${client.escapeIdentifier(column.collation)}`;
  const changes = [
    column.fallback === null
      ? `alter column ${name} drop default`
      : `alter column ${name} set default ${column.fallback}`,
    `alter column ${name} ${column.required ? 'set' : 'drop'} not null`,
  ];
  if (/^(character varying|text)/.test(column.type))
    changes.unshift(`alter column ${name} type ${column.type}${collation}`);
  await client.query(`alter table ${table} ${changes.join(', ')}`);
  await client.query(`comment on column ${table}.${name} is ${literal(client, column.comment)}`);
}

function literal(client: Client, text: string | null): string {
  return text === null ? 'null' : client.escapeLiteral(text);
}
