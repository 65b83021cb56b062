# Sourced by the scripts beside it, with $root set: Node, the npm packages and the compiled kit, from a clean clone.
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

# Compiled, a command starts in half the time that the sources take.
is_compiled() {
  [[ -f $root/dist/.complete ]] &&
    [[ -z $(cd "$root" && find cli config constructs exports kit operations platform schemas setup smoke stacks testing scripts/generate*.ts index.ts main.ts tsconfig*.json \
      package-lock.json -newer dist/.complete -print -quit) ]]
}

# once <title> <is it done?> <command…>: does what is not done. Two at once would delete each other's files; flock(1) is
# on every Debian, elsewhere it is a risk taken.
once() {
  local title=$1 is_done=$2 lock started=$SECONDS
  shift 2
  "$is_done" && return
  exec {lock}<"$root/package-lock.json"
  if command -v flock >/dev/null; then flock "$lock"; fi
  if ! "$is_done"; then
    echo "… $title" >&2
    if ! (cd "$root" && "$@" >&2); then
      echo "✗ $title: ${*:1:2} fails (see above)" >&2
      exit 3
    fi
    echo "✓ $title ($((SECONDS - started)) s)" >&2
  fi
  exec {lock}<&-
}

install_packages() {
  if ! command -v npm >/dev/null; then
    echo "The kit needs npm, which usually comes with Node.js." >&2
    return 1
  fi
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
}

compile() {
  rm -rf dist
  node_modules/.bin/tsx scripts/generate.ts bindings && node_modules/.bin/tsc -p tsconfig.build.json && touch dist/.complete
}

require_node
once "install npm packages" packages_are_installed install_packages
once "compile the kit" is_compiled compile
