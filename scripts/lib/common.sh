# shellcheck shell=bash
# Shared by the scripts: where the project is, and a few words for people.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
jobs=${SLUICE_JOBS:-$(nproc)}

say() { printf '== %s\n' "$*"; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# build <preset> [target...]: configures when that was not done yet, then builds. SLUICE_CMAKE has
# more options for cmake.
build() {
  local preset=$1 target=()
  local options=()
  read -ra options <<<"${SLUICE_CMAKE:-}"
  shift
  (($#)) && target=(--target "$@")
  say "building $preset"
  local start=$SECONDS
  (cd "$root" && cmake --preset "$preset" "${options[@]}" >"/tmp/sluice-configure.$$" 2>&1) || {
    cat "/tmp/sluice-configure.$$" >&2
    rm -f "/tmp/sluice-configure.$$"
    die "cmake --preset $preset failed"
  }
  rm -f "/tmp/sluice-configure.$$"
  cmake --build "$root/build/$preset" -j "$jobs" "${target[@]}"
  say "built $preset in $((SECONDS - start)) s"
}
