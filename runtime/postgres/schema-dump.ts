/** A schema as text, from the server's catalogs: what two databases must agree on, whatever order their columns were made in. */

import type { Client, Pool } from './pool.ts';

const RELATIONS = `select c.oid, c.relname::text as name, c.relkind = 'v' as view, obj_description(c.oid, 'pg_class') as comment,
    array_to_string(c.reloptions, ', ') as options
  from pg_class c where c.relnamespace = to_regnamespace(current_schema()) and c.relkind in ('r', 'v') order by c.relname`;

const COLUMNS = `select concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
      'collate ' || nullif(l.collname, 'default'), case when a.attnotnull then 'not null' end,
      'default ' || pg_get_expr(d.adbin, d.adrelid), '-- ' || col_description(a.attrelid, a.attnum)) as line
  from pg_attribute a
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  left join pg_collation l on l.oid = a.attcollation
  where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped order by a.attname`;

const CONSTRAINTS = `select conname || ' ' || pg_get_constraintdef(oid) as line from pg_constraint
  where conrelid = $1 and contype <> 'n' order by conname`;

const INDEXES = `select pg_get_indexdef(indexrelid) as line from pg_index
  where indrelid = $1 and not exists (select from pg_constraint where conindid = indexrelid) order by indexrelid::regclass::text`;

interface Relation {
  readonly oid: number;
  readonly name: string;
  readonly view: boolean;
  readonly comment: string | null;
  readonly options: string | null;
}

/** Of the schema that the pool works on. */
export async function dumpSchema(pool: Pool): Promise<string> {
  const client = await pool.connect();
  try {
    const { rows: relations } = await client.query<Relation>(RELATIONS);
    const parts: string[] = [];
    for (const relation of relations) parts.push(await describe(client, relation));
    const { rows } = await client.query<{ schema: string }>('select current_schema() as schema');
    return parts.join('\n').replaceAll(`${rows[0]?.schema}.`, '');
  } finally {
    client.release();
  }
}

async function describe(client: Client, { oid, name, view, comment, options }: Relation): Promise<string> {
  const title = [
    view ? 'view' : 'table',
    name,
    options === null ? '' : `(${options})`,
    comment === null ? '' : `-- ${comment}`,
  ];
  const lines = [title.filter(Boolean).join(' ')];
  if (view) {
    const { rows } = await client.query<{ text: string }>('select pg_get_viewdef($1::oid, true) as text', [oid]);
    lines.push(...(rows[0]?.text ?? '').split('\n'));
  } else {
    for (const statement of [COLUMNS, CONSTRAINTS, INDEXES]) {
      const { rows } = await client.query<{ line: string }>(statement, [oid]);
      lines.push(...rows.map(({ line }) => `  ${line}`));
    }
  }
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}
