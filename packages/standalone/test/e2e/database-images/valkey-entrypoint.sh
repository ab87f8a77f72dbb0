#!/bin/sh
# The entrypoint of the makers' image in short: root hands the files to the server's user and becomes it.
set -eu
if [ "$1" = valkey-server ] && [ "$(id -u)" = 0 ]; then
  find . ! -user node -exec chown node '{}' +
  exec /usr/bin/setpriv --reuid=node --regid=node --clear-groups -- "$0" "$@"
fi
exec "$@"
