#!/usr/bin/env bash
# Runs the tests of one preset, and says at the end in a line for each reason what was skipped.
#   tests.sh PRESET
set -uo pipefail
cd "$(dirname "$0")/.." || exit
preset=$1

ctest --preset "$preset"
code=$?
# Such tests print "skipped: N tests WHAT: REASON".
awk '/^skipped: [0-9]+ tests / { count = $2; sub(/^skipped: [0-9]+ tests /, ""); sum[$0] += count }
     END { for (what in sum) printf "Skipped: %d tests %s\n", sum[what], what }' \
    "build/$preset/Testing/Temporary/LastTest.log"
exit "$code"
