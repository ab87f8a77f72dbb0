# Sourced by the scripts in bin/. Plain POSIX sh, because nothing else may be there yet.
#
#   homeport_bun ROOT        sets BUN to the pinned Bun, installing it into ROOT/.bun when it is nowhere
#   homeport_install ROOT    installs the dependencies when the lock file changed since the last time

homeport_bun() {
  homeport_version=$(sed -n 's/.*"bun": *"\([0-9][0-9A-Za-z.-]*\)".*/\1/p' "$1/package.json" | head -n 1)
  for BUN in "$(command -v bun || true)" "$1/.bun/bin/bun"; do
    if homeport_is_bun "$BUN"; then
      homeport_put_first "$BUN"
      return 0
    fi
  done
  BUN="$1/.bun/bin/bun"
  homeport_fetch_bun "$1" || return 1
  homeport_put_first "$BUN"
}

homeport_is_bun() {
  [ -n "$1" ] && [ -x "$1" ] && [ "$("$1" --version 2>/dev/null)" = "$homeport_version" ]
}

# The binary comes with npm's package for the platform; the script that would link it may be blocked, so it is not used.
homeport_fetch_bun() {
  if ! command -v npm >/dev/null 2>&1; then
    echo "Homeport needs Bun $homeport_version. Install Node.js with npm, or Bun itself from https://bun.com, and run this again." >&2
    return 1
  fi
  echo "Installing Bun $homeport_version into $1/.bun" >&2
  homeport_temp="$1/.bun/install.$$"
  mkdir -p "$homeport_temp" "$1/.bun/bin"
  if ! npm install --prefix "$homeport_temp" --no-save --no-audit --no-fund --ignore-scripts --loglevel=error \
    "bun@$homeport_version" >&2 </dev/null; then
    rm -rf "$homeport_temp"
    echo "npm could not install Bun $homeport_version; its message is above." >&2
    return 1
  fi
  # More than one package may come, for the libcs of the platform: the right one is the one that runs.
  for homeport_candidate in "$homeport_temp"/node_modules/@oven/bun-*/bin/bun; do
    if homeport_is_bun "$homeport_candidate"; then
      mv -f "$homeport_candidate" "$1/.bun/bin/bun"
      ln -sf bun "$1/.bun/bin/bunx"
      break
    fi
  done
  rm -rf "$homeport_temp"
  homeport_is_bun "$1/.bun/bin/bun" && return 0
  echo "npm has no Bun $homeport_version that runs here ($(uname -sm)). See https://bun.com for the systems it supports." >&2
  return 1
}

# Programs started from here find the same Bun.
homeport_put_first() {
  PATH="$(dirname "$1"):$PATH"
  export PATH
}

homeport_install() {
  homeport_stamp="$1/node_modules/.homeport-install"
  homeport_wanted=$(cat "$1/bun.lock" "$1/package.json" "$1"/packages/*/package.json "$1"/packages/apps/*/package.json | cksum)
  if [ -f "$homeport_stamp" ] && [ "$(cat "$homeport_stamp")" = "$homeport_wanted" ]; then
    return 0
  fi
  echo "Installing dependencies" >&2
  if ! (cd "$1" && "$BUN" install --frozen-lockfile </dev/null >&2); then
    echo "The dependencies could not be installed; the message is above." >&2
    return 1
  fi
  echo "$homeport_wanted" >"$homeport_stamp"
}
