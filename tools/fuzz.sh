#!/usr/bin/env bash
# Runs each fuzz target of a build with libFuzzer, one after the other.
#   fuzz.sh BUILD [TARGET ...]
# FUZZ_SECONDS (30) for each. What it finds worth keeping goes to BUILD/corpus, an input that breaks
# a target to BUILD/findings; fails where there is one.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
shift
seconds=${FUZZ_SECONDS:-30}
mkdir -p "$build/findings"

targets=("$@")
if [[ ${#targets[@]} -eq 0 ]]; then
    for program in "$build"/tests/fuzz/fuzz_*; do
        [[ -f $program && -x $program ]] && targets+=("$(basename "$program" | sed 's/^fuzz_//')")
    done
fi

failed=0
for target in "${targets[@]}"; do
    mkdir -p "$build/corpus/$target"
    log=$build/findings/$target.log
    if "$build/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 \
        -max_len=65536 -print_final_stats=1 -artifact_prefix="$build/findings/$target-" \
        "$build/corpus/$target" "tests/fuzz/corpus/$target" >"$log" 2>&1; then
        printf '%-18s %s executions\n' "$target" \
            "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
    else
        failed=1
        grep -v '^#' "$log" | tail -n 60 >&2
        echo "fuzz: $target broke; the input is in $build/findings" >&2
    fi
done
exit "$failed"
