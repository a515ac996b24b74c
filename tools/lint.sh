#!/usr/bin/env bash
# clang-format and clang-tidy over every C file, shellcheck over every script; exits non-zero on any finding.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build/lint}

mapfile -t scripts < <(git ls-files '*.sh' 'deploy/fabric/builder/bin/*' | grep -v '^deploy/fabric/lib/')
echo "shellcheck: ${#scripts[@]} scripts, and what they include"
shellcheck -x -P SCRIPTDIR "${scripts[@]}"

mapfile -t headers < <(git ls-files '*.h')
mapfile -t sources < <(git ls-files '*.c')
echo "clang-format: ${#sources[@]} sources, ${#headers[@]} headers"
clang-format-19 --dry-run --Werror "${sources[@]}" "${headers[@]}"

cmake --preset lint -B "$build" >/dev/null
# The generated protobuf headers must exist before the sources that include them are read.
cmake --build "$build" --target lv_record_proto lv_fabric_proto >/dev/null
echo "clang-tidy: ${#sources[@]} sources"
printf '%s\n' "${sources[@]}" |
    xargs -P "$(nproc)" -n 4 clang-tidy-19 --quiet -p "$build" 2> >(grep -v 'warnings generated\|warnings treated\|Suppressed\|Use -header-filter' >&2 || true)
echo "lint: clean"
