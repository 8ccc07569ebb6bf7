/** Who may read the living tables may read those that take their place. */

import type { Client } from '../../runtime/postgres/pool.ts';

/** Rights on schema, tables, views, sequences and columns, and those on tables to come, as statements for another schema. */
const GRANTS = `
  with schemas as (select oid, nspacl, nspowner from pg_namespace where nspname = $1),
  objects as (
    select c.relacl, c.relowner, c.relname, case c.relkind when 'S' then 'sequence' else 'table' end as kind, c.oid
    from pg_class c join schemas s on c.relnamespace = s.oid where c.relkind in ('r', 'v', 'S')
      and c.relname <> all($3::text[])
  ),
  rights as (
    select format('%s on schema %I', a.privilege_type, $2::text) as what, a.grantee, a.is_grantable, 'grant' as how
    from schemas s, aclexplode(s.nspacl) a where a.grantee <> s.nspowner
    union all
    select format('%s on %s %I.%I', a.privilege_type, o.kind, $2::text, o.relname), a.grantee, a.is_grantable, 'grant'
    from objects o, aclexplode(o.relacl) a where a.grantee <> o.relowner
    union all
    select format('%s (%I) on %s %I.%I', a.privilege_type, t.attname, o.kind, $2::text, o.relname), a.grantee, a.is_grantable, 'grant'
    from objects o join pg_attribute t on t.attrelid = o.oid and not t.attisdropped, aclexplode(t.attacl) a
    where a.grantee <> o.relowner
    union all
    select format('%s on %s', a.privilege_type, case d.defaclobjtype when 'S' then 'sequences' else 'tables' end), a.grantee,
      a.is_grantable, format('alter default privileges for role %I in schema %I grant', pg_get_userbyid(d.defaclrole), $2::text)
    from schemas s join pg_default_acl d on d.defaclnamespace = s.oid and d.defaclobjtype in ('r', 'S'), aclexplode(d.defaclacl) a
    where a.grantee <> d.defaclrole
  )
  select format('%s %s to %s%s', how, what, case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
    case when is_grantable then ' with grant option' else '' end) as statement
  from rights order by 1`;

/** @param except Tables that keep their own. */
export async function copyGrants(client: Client, from: string, to: string, except: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(GRANTS, [from, to, except]);
  for (const { statement } of rows) await client.query(statement);
}
