-- The database users of the platform, each with what it needs and no more. Run once by an administrator, in the platform's database;
-- then set the passwords (20-passwords.sh does). Safe to run again.
--   ao_sink     owns the tables: migrates and writes them
--   ao_gateway  reads them
do $$
begin
  if not exists (select from pg_roles where rolname = 'ao_sink') then
    create role ao_sink login;
  end if;
  if not exists (select from pg_roles where rolname = 'ao_gateway') then
    create role ao_gateway login;
  end if;
  -- Not for everybody who can log in to the server, and nobody but the owner makes schemas.
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect, create on database %I to ao_sink', current_database());
  execute format('grant connect on database %I to ao_gateway', current_database());
end
$$;
-- What the sink will make, the gateway may read: schemas, tables and views of all migrations to come.
alter default privileges for role ao_sink grant usage on schemas to ao_gateway;
alter default privileges for role ao_sink grant select on tables to ao_gateway;
alter role ao_gateway set default_transaction_read_only = on;
