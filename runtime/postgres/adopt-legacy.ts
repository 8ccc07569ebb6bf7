/** The legacy system's own `claims` and `roots` in our schema: kept with their rows, our columns added to them. */

import { readFileSync } from 'node:fs';
import { AppError } from '../errors.ts';
import type { Client } from './pool.ts';

/** The columns that the legacy system's tables have, each with the types that ours can stand for. */
const TEXT = ['character varying', 'text'];
const LEGACY: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  claims: {
    id: ['integer'],
    channel: TEXT,
    user_pubkey: TEXT,
    slot: ['bigint'],
    claim_timestamp: ['timestamp without time zone'],
    status: TEXT,
  },
  roots: {
    id: ['integer'],
    epoch: ['bigint'],
    channel: TEXT,
    root: TEXT,
    count: ['integer'],
    finalized_at: ['timestamp without time zone'],
    status: TEXT,
  },
};

/** A column as it was before the table was adopted. */
export interface FormerColumn {
  readonly name: string;
  /** As `format_type` writes it. */
  readonly type: string;
  readonly required: boolean;
  readonly fallback: string | null;
  readonly collation: string | null;
  readonly comment: string | null;
}

export interface FormerTable {
  readonly columns: readonly FormerColumn[];
  readonly indexes: readonly string[];
  readonly comment: string | null;
}

export interface Adopted {
  /** The migration with the adoption in the place of what would make the tables. */
  readonly sql: string;
  /** Tables that are adopted. */
  readonly tables: readonly string[];
}

/**
 * What a migration does where tables that it would make are the legacy system's. Notes first what they were like.
 * @throws AppError TABLES_FOREIGN when a table has the legacy system's columns and something besides that our rows cannot live with.
 */
export async function adoptLegacyTables(client: Client, schema: string, sql: string): Promise<Adopted> {
  const tables: string[] = [];
  let adopting = sql;
  for (const [table, shape] of Object.entries(LEGACY)) {
    const creation = new RegExp(`^create table ${table} \\([\\s\\S]*?^\\)[^;]*;`, 'm');
    if (!creation.test(sql)) continue;
    const columns = await readColumns(client, schema, table);
    // Of another shape: refused with the other tables that somebody else made.
    if (!Object.keys(shape).every((name) => columns.some((column) => column.name === name))) continue;
    const obstacles = [...typeObstacles(columns, shape), ...(await readObstacles(client, schema, table))];
    if (obstacles.length > 0) {
      throw new AppError(
        'TABLES_FOREIGN',
        `Schema ${schema} holds the legacy system's table ${table}, to which our columns cannot be added: ${obstacles.join('; ')}. Nothing was changed. Change that, or set DATABASE_SCHEMA to a schema that does not exist yet: the legacy rows are then brought over by \`ao legacy import\`.`,
        { context: { schema, table, obstacles } },
      );
    }
    await note(client, schema, table, columns);
    adopting = adopting.replace(creation, () =>
      readFileSync(new URL(`../../schemas/sql/adopting/${table}.sql`, import.meta.url), 'utf8'),
    );
    tables.push(table);
  }
  return { sql: adopting, tables };
}

async function readColumns(client: Client, schema: string, table: string): Promise<FormerColumn[]> {
  const { rows } = await client.query<FormerColumn>(
    `select a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
       pg_get_expr(d.adbin, d.adrelid) as fallback, nullif(l.collname, 'default')::text as collation,
       col_description(a.attrelid, a.attnum) as comment
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     left join pg_collation l on l.oid = a.attcollation
     where c.relnamespace = to_regnamespace($1) and c.relname = $2 and c.relkind = 'r' order by a.attnum`,
    [schema, table],
  );
  return rows;
}

function typeObstacles(columns: readonly FormerColumn[], shape: Readonly<Record<string, readonly string[]>>): string[] {
  const obstacles: string[] = [];
  for (const { name, type, required, fallback } of columns) {
    const types = shape[name];
    const plain = type.replace(/\(\d+\)/, '');
    if (types === undefined && required && fallback === null)
      obstacles.push(`column ${name} demands a value that our rows do not have`);
    if (types !== undefined && !types.includes(plain))
      obstacles.push(`column ${name} is ${type}, not ${types.join(' or ')}`);
    if (name === 'id' && fallback === null) obstacles.push('column id has no sequence (serial)');
    if (name === 'claim_timestamp' && required)
      obstacles.push('column claim_timestamp is not null, and a node may not know when a block was');
  }
  return obstacles;
}

/** What would refuse our rows, or do something when they are written. */
async function readObstacles(client: Client, schema: string, table: string): Promise<string[]> {
  const { rows } = await client.query<{ what: string }>(
    `with t as (select oid, relrowsecurity from pg_class where relnamespace = to_regnamespace($1) and relname = $2)
     select 'constraint ' || o.conname || ' ' || pg_get_constraintdef(o.oid) as what from t join pg_constraint o on o.conrelid = t.oid
     where o.contype not in ('p', 'n') or (o.contype = 'p' and pg_get_constraintdef(o.oid) <> 'PRIMARY KEY (id)')
     union all
     select 'unique index ' || i.indexrelid::regclass from t join pg_index i on i.indrelid = t.oid and i.indisunique
     where not exists (select from pg_constraint o where o.conindid = i.indexrelid)
     union all select 'trigger ' || g.tgname from t join pg_trigger g on g.tgrelid = t.oid and not g.tgisinternal
     union all select 'rule ' || r.rulename from t join pg_rewrite r on r.ev_class = t.oid
     union all select 'row security' from t where relrowsecurity
     union all select 'no primary key (id)' from t where not exists (
       select from pg_constraint o where o.conrelid = t.oid and o.contype = 'p')`,
    [schema, table],
  );
  return rows.map(({ what }) => what);
}

async function note(client: Client, schema: string, table: string, columns: readonly FormerColumn[]): Promise<void> {
  const { rows } = await client.query<{ indexes: string[]; comment: string | null }>(
    `select coalesce(array_agg(i.relname::text) filter (where i.relname is not null), '{}') as indexes,
       obj_description(c.oid, 'pg_class') as comment
     from pg_class c left join pg_index x on x.indrelid = c.oid left join pg_class i on i.oid = x.indexrelid
     where c.relnamespace = to_regnamespace($1) and c.relname = $2 group by c.oid`,
    [schema, table],
  );
  const former: FormerTable = { columns, indexes: rows[0]?.indexes ?? [], comment: rows[0]?.comment ?? null };
  await client.query(
    "create table if not exists adopted_tables (name text primary key, before jsonb not null, adopted_at timestamp not null default (now() at time zone 'utc'))",
  );
  // Key: name.
  await client.query('insert into adopted_tables (name, before) values ($1, $2)', [table, JSON.stringify(former)]);
}
