#!/usr/bin/env bash
# Configures and builds one preset of CMakePresets.json with a line of progress; shows everything
# only where something goes wrong.   build.sh PRESET JOBS
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
jobs=$2
log=$(mktemp)
trap 'rm -f "$log"' EXIT

if ! cmake --preset "$preset" >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
fi
if [[ -t 1 ]]; then
    cmake --build --preset "$preset" -j "$jobs"
    exit
fi
if ! cmake --build --preset "$preset" -j "$jobs" >"$log" 2>&1; then
    grep -v '^\[' "$log" >&2 || true
    exit 1
fi
tail -n 1 "$log"
