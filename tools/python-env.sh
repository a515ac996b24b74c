#!/usr/bin/env bash
# Makes build/pytools, the Python environment that the tests of gRPC and of Hyperledger Fabric run
# in, from tests/requirements.txt. Done anew only where that file or the Python has changed.
#   python-env.sh [FOLDER]   FOLDER: instead of build/pytools
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-build/pytools}
wanted=tests/requirements.txt

# Where another Python stands first on PATH, it may be too old or come without venv.
python=
for candidate in python3 /usr/bin/python3; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [[ -z $python ]]; then
    echo "lotveil: the tests need Python 3.10 or later with venv (Debian: python3 python3-venv)" >&2
    exit 1
fi

stamp=$("$python" -c 'import sys; print(sys.version, sys.base_prefix)'; sha256sum <"$wanted")
if [[ -x $folder/bin/python && -f $folder/made-from && $(<"$folder/made-from") == "$stamp" ]]; then
    exit 0
fi
echo "Making the tests' Python environment in $folder"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
mkdir -p "$(dirname "$folder")"
if ! { "$python" -m venv --clear "$folder" &&
       "$folder/bin/python" -m pip install --disable-pip-version-check --only-binary :all: \
           -r "$wanted"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "lotveil: tests/requirements.txt could not be installed (see above); is PyPI reachable through pip?" >&2
    exit 1
fi
printf '%s\n' "$stamp" >"$folder/made-from"
