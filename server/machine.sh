# SPDX-License-Identifier: Apache-2.0
# For server/run and tests/run: brings what is missing on a Debian machine, and builds. Sourced by bash; the caller sets
# root (the checkout) and assume_yes (true or false).

say() { printf '%s\n' "$*" >&2; }
die() { say "${0##*/}: $*"; exit 1; }

# As root directly, else by sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Prints the packages of the named groups that are missing.
packages_missing() {
  local group package file wanted
  while read -r group package file; do
    case "$group" in '' | '#'*) continue ;; esac
    for wanted in "$@"; do
      [ "$group" = "$wanted" ] || continue
      if [ -n "$file" ] && compgen -G "$file" >/dev/null; then continue; fi
      [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
    done
  done <"$root/server/packages.txt"
}

ask_to_install() {
  say "These Debian packages are missing:" "$@"
  if [ "$assume_yes" = true ] || [ "$(id -u)" = 0 ]; then return 0; fi
  [ -r /dev/tty ] || die "say --yes to install them, or install them yourself"
  local answer
  read -r -p "Install them with apt-get now? [Y/n] " answer </dev/tty
  case "$answer" in [nN]*) die "nothing was installed" ;; esac
}

# Installs what is missing of the named groups; a machine that has all needs neither rights nor a network.
packages_ensure() {
  local missing
  mapfile -t missing < <(packages_missing "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "this is not Debian; install the counterparts of: ${missing[*]}"
  ask_to_install "${missing[@]}"
  # Sokuo runs a PostgreSQL of its own; Debian's package shall not start another.
  if [[ " ${missing[*]} " == *" postgresql "* ]] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    as_root sh -c 'mkdir -p /etc/postgresql-common/createcluster.d &&
      echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.d/sokuo.conf'
  fi
  as_root apt-get update -q >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" >&2 ||
    die "apt-get could not install the packages; its words are above"
}

node_is_new_enough() {
  command -v npm >/dev/null && node -e '
    const [major, minor] = process.versions.node.split(".").map(Number)
    process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' 2>/dev/null
}

# Puts a Node.js of 20.19 or newer first in PATH. Debian 12 has 18: then its npm brings a newer one, and an npm that fits
# it, into .cache of the checkout.
node_ensure() {
  local arch cache="$root/.cache/node"
  if [ -x "$cache/node_modules/.bin/npm" ]; then
    PATH="$cache/bin:$cache/node_modules/.bin:$PATH"
  fi
  node_is_new_enough && return 0
  packages_ensure node
  node_is_new_enough && return 0
  case "$(uname -m)" in
    x86_64) arch=x64 ;;
    aarch64) arch=arm64 ;;
    *) die "no Node.js from npm for $(uname -m): install Node.js 20.19 or newer yourself" ;;
  esac
  say "Node.js here is too old for the web client; npm brings a newer one into .cache/node"
  rm -rf "$cache"
  mkdir -p "$cache/bin"
  npm install --prefix "$cache" --no-audit --no-fund --no-save --loglevel=error "node-linux-$arch@22" npm@10 >&2 ||
    die "npm could not bring a newer Node.js; its words are above"
  ln -s "../node_modules/node-linux-$arch/bin/node" "$cache/bin/node"
  PATH="$cache/bin:$cache/node_modules/.bin:$PATH"
  node_is_new_enough || die "the Node.js that npm brought does not run here"
}

# One line that changes when a file of the web client or of the contract does.
web_fingerprint() {
  (cd "$root" && find server/web proto \( -name node_modules -o -name dist -o -name gen \) -prune -o -type f -print0 |
    sort -z | xargs -0 sha256sum | sha256sum)
}

# Installs the web client's packages when the lock file changed.
web_packages_ensure() {
  local stamp="$root/.cache/npm.sha256" lock
  lock=$(sha256sum <"$root/server/web/package-lock.json")
  if [ -d "$root/server/web/node_modules" ] && [ "$lock" = "$(cat "$stamp" 2>/dev/null)" ]; then return 0; fi
  node_ensure
  (cd "$root/server/web" && npm ci --no-audit --no-fund --loglevel=error >&2) || die "npm ci failed; its words are above"
  mkdir -p "$root/.cache" && echo "$lock" >"$stamp"
}

# Builds server/web/dist when its sources changed.
web_ensure() {
  local stamp="$root/.cache/web.sha256" now
  now=$(web_fingerprint)
  if [ -f "$root/server/web/dist/index.html" ] && [ "$now" = "$(cat "$stamp" 2>/dev/null)" ]; then return 0; fi
  node_ensure
  web_packages_ensure
  say "building the web client"
  (cd "$root/server/web" && npm run --silent build >&2) || die "the web client was not built; the words above say why"
  mkdir -p "$root/.cache" && echo "$now" >"$stamp"
}

# meson_ensure DIR OPTION… : sets a build directory up once, and again when its options differ from the last time.
meson_ensure() {
  local dir="$root/$1" stamp="$root/$1/.options"
  shift
  if [ ! -f "$dir/build.ninja" ]; then
    meson setup "$dir" "$root" "$@" >&2 || die "meson could not set up $dir; its words are above"
  elif [ "$*" != "$(cat "$stamp" 2>/dev/null)" ]; then
    meson configure "$dir" "$@" >&2 || die "meson could not change $dir"
  fi
  echo "$*" >"$stamp"
}
