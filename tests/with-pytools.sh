#!/usr/bin/env bash
# Runs a Python test in the tests' own environment; says what to do where there is none.
#   with-pytools.sh PYTHON SCRIPT [ARGUMENT...]
if [[ ! -x $1 ]]; then
    echo "The tests' Python environment is missing: $1 (tools/python-env.sh makes it)" >&2
    exit 1
fi
exec "$1" -B "${@:2}"
