#!/bin/sh
# Sets the passwords of the platform's database users from the environment. Without SETTLEMENT_DATABASE_PASSWORD ao_settlement has none,
# and cannot log in.
set -eu
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set sink="$SINK_DATABASE_PASSWORD" --set gateway="$GATEWAY_DATABASE_PASSWORD" \
  --set settlement="${SETTLEMENT_DATABASE_PASSWORD:-}" <<'SQL'
alter role ao_sink password :'sink';
alter role ao_gateway password :'gateway';
alter role ao_settlement password :'settlement';
SQL
