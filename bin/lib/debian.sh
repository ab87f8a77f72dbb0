# Sourced by bin/test. The programs that tests use and the Debian packages that bring them.

HOMEPORT_TEST_PARTS="
  dockerd:docker.io iptables:iptables ip:iproute2 redis-server|valkey-server:redis-server chromium|google-chrome:chromium
  skopeo:skopeo bwrap:bubblewrap busybox:busybox-static git:git curl:curl docker-registry:docker-registry tar:tar
"

# Prints the packages whose programs are missing.
homeport_missing_parts() {
  for homeport_part in $HOMEPORT_TEST_PARTS; do
    homeport_found=
    for homeport_program in $(echo "${homeport_part%%:*}" | tr '|' ' '); do
      if command -v "$homeport_program" >/dev/null 2>&1; then homeport_found=1; fi
    done
    [ -n "$homeport_found" ] || echo "${homeport_part##*:}"
  done
}

# Installs the packages given, without starting their services: the tests start their own, on ports of their own.
homeport_install_parts() {
  homeport_policy=/usr/sbin/policy-rc.d
  homeport_log=$(mktemp)
  if [ ! -e "$homeport_policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$homeport_policy"
    chmod +x "$homeport_policy"
  else
    homeport_policy=
  fi
  homeport_failed=
  {
    apt-get update && apt-get install --yes --no-install-recommends "$@"
  } >"$homeport_log" 2>&1 </dev/null || homeport_failed=1
  [ -z "$homeport_policy" ] || rm -f "$homeport_policy"
  if [ -n "$homeport_failed" ]; then tail -n 20 "$homeport_log" >&2; fi
  rm -f "$homeport_log"
  [ -z "$homeport_failed" ]
}
