# Sourced by the scripts beside it, with $root set: Node and the npm packages, from a clean clone.
# Says what it does on standard error, since --json promises nothing but JSON on standard output.

require_node() {
  local version
  if ! version=$(node --version 2>/dev/null); then
    echo "The kit needs Node.js 20 or newer with npm; there is no node on PATH." >&2
    exit 3
  fi
  if (($(cut -d. -f1 <<<"${version#v}") < 20)); then
    echo "The kit needs Node.js 20 or newer; this is $version ($(command -v node))." >&2
    exit 3
  fi
}

# npm writes node_modules/.package-lock.json last: without it an installation was interrupted.
packages_are_installed() {
  [[ -f $root/node_modules/.package-lock.json && ! $root/package-lock.json -nt $root/node_modules/.package-lock.json ]]
}

install_packages() {
  packages_are_installed && return
  if ! command -v npm >/dev/null; then
    echo "The kit needs npm, which usually comes with Node.js." >&2
    exit 3
  fi
  local lock started=$SECONDS
  # Two at once would delete each other's files; flock(1) is on every Debian, elsewhere it is a risk taken.
  exec {lock}<"$root/package-lock.json"
  if command -v flock >/dev/null; then flock "$lock"; fi
  if ! packages_are_installed; then
    echo "… install npm packages" >&2
    if ! (cd "$root" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2); then
      echo "✗ install npm packages: npm ci fails (see above)" >&2
      exit 3
    fi
    echo "✓ install npm packages ($((SECONDS - started)) s)" >&2
  fi
  exec {lock}<&-
}

require_node
install_packages
