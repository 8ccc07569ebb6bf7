-- The database users of the platform, each with what it needs and no more. Run once by an administrator, in the platform's database;
-- then set the passwords (20-passwords.sh does). Safe to run again; where the administrator is no superuser, run it again after the
-- first start of the sink.
--   ao_sink        owns the tables: migrates and writes them
--   ao_gateway     reads them
--   ao_settlement  reads them, and writes what its workers promise of the treasury (settlement_promises)
do $$
begin
  if not exists (select from pg_roles where rolname = 'ao_sink') then
    create role ao_sink login;
  end if;
  if not exists (select from pg_roles where rolname = 'ao_gateway') then
    create role ao_gateway login;
  end if;
  if not exists (select from pg_roles where rolname = 'ao_settlement') then
    create role ao_settlement login;
  end if;
  -- Not for everybody who can log in to the server, and nobody but the owner makes schemas.
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect, create on database %I to ao_sink', current_database());
  execute format('grant connect on database %I to ao_gateway, ao_settlement', current_database());
end
$$;
-- What the sink will make, the others may read: schemas, tables and views of all migrations to come.
alter default privileges for role ao_sink grant usage on schemas to ao_gateway, ao_settlement;
alter default privileges for role ao_sink grant select on tables to ao_gateway, ao_settlement;
alter role ao_gateway set default_transaction_read_only = on;
-- Of what is there already.
do $$
declare
  owned record;
begin
  for owned in select n.nspname as name, n.nspname || '.settlement_promises' as promises from pg_namespace n
    join pg_roles r on r.oid = n.nspowner where r.rolname = 'ao_sink'
  loop
    execute format('grant usage on schema %I to ao_gateway, ao_settlement', owned.name);
    execute format('grant select on all tables in schema %I to ao_gateway, ao_settlement', owned.name);
    if to_regclass(owned.promises) is not null then
      execute format('grant insert, update, delete on %s to ao_settlement', owned.promises);
    end if;
  end loop;
end
$$;
-- The one table that settlement writes, as soon as the sink makes it: no default privilege is of one table alone.
create or replace function ao_grant_promises() returns event_trigger language plpgsql as $$
declare
  made record;
begin
  for made in select object_identity as name from pg_event_trigger_ddl_commands()
    where object_type = 'table' and object_identity like '%.settlement_promises'
  loop
    execute format('grant insert, update, delete on %s to ao_settlement', made.name);
  end loop;
end
$$;
do $$
begin
  drop event trigger if exists ao_grant_promises;
  create event trigger ao_grant_promises on ddl_command_end when tag in ('CREATE TABLE') execute function ao_grant_promises();
exception when insufficient_privilege then
  raise notice 'no superuser: run this file again after the first start of the sink, for ao_settlement';
end
$$;
