#!/bin/sh
# What the makers' image does with the variables that the template sets, for this machine's own Postgres: files in PGDATA
# that are made once, by an unprivileged user, with the password from the environment.
set -eu
[ "$1" = postgres ] || exec "$@"
programs=/usr/local/pgsql/bin
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA"
  chmod 0700 "$PGDATA"
  find "$PGDATA" ! -user node -exec chown node '{}' +
  exec /usr/bin/setpriv --reuid=node --regid=node --clear-groups -- "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  umask 077
  printf '%s' "$POSTGRES_PASSWORD" > /tmp/password
  "$programs/initdb" --pgdata="$PGDATA" --username="$POSTGRES_USER" --pwfile=/tmp/password --auth=scram-sha-256 \
    --locale=C --encoding=UTF8
  rm /tmp/password
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
  echo "create database \"$POSTGRES_DB\";" | "$programs/postgres" --single -D "$PGDATA" postgres
fi
exec "$programs/postgres" -D "$PGDATA" -c "listen_addresses=*" -k /tmp
