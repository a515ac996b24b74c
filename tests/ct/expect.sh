#!/bin/sh
# Runs a command and succeeds where it exits with exactly this code.   expect.sh CODE COMMAND...
code=$1
shift
"$@" >/dev/null 2>&1
got=$?
if [ "$got" -ne "$code" ]; then
    echo "exit code $got instead of $code: $*" >&2
    exit 1
fi
