# Sourced by bin/test. The programs that tests use and the Debian packages that bring them.

HOMEPORT_TEST_PARTS="
  dockerd:docker.io iptables:iptables ip:iproute2 redis-server|valkey-server:redis-server chromium|google-chrome:chromium
  skopeo:skopeo bwrap:bubblewrap busybox:busybox-static git:git curl:curl docker-registry:docker-registry tar:tar
  nginx:nginx-light haproxy:haproxy openssl:openssl ssh:openssh-client sshd:openssh-server strace:strace
  python3:python3-venv
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
