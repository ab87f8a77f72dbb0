#!/bin/sh
# Installs Debian packages without starting their services: Homeport and its tests start servers of their own.
# As root: install-packages.sh PACKAGE...
set -eu
export DEBIAN_FRONTEND=noninteractive

# Says no to every service while this process lives. Left behind by a kill -9 it says yes, and the next run removes it.
policy=/usr/sbin/policy-rc.d
mark="# Written by Homeport while process"
log=$(mktemp)

clean_up() {
  rm -f "$log"
  if grep -qs "^$mark $$ " "$policy"; then rm -f "$policy"; fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

if [ ! -e "$policy" ] || grep -qs "^$mark " "$policy"; then
  printf '#!/bin/sh\n%s %s installs packages.\nif kill -0 %s 2>/dev/null; then exit 101; fi\n' "$mark" $$ $$ >"$policy"
  chmod 755 "$policy"
fi

# An image without package lists has to fetch them first; where it cannot, the list it has may still do.
apt-get update >"$log" 2>&1 </dev/null || true
if ! apt-get install --yes --no-install-recommends "$@" >>"$log" 2>&1 </dev/null; then
  tail -n 20 "$log" >&2
  exit 1
fi
