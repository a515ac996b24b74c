#!/usr/bin/env bash
# Installs the Debian packages that Lotveil needs and that are missing; says what it does.
#   install-deps.sh build   what building and the demonstration need
#   install-deps.sh check   further what the tests and the lint need, and their Python environment
#   install-deps.sh fuzz    further what `make fuzz` needs
set -euo pipefail

build=(gcc make cmake ninja-build pkg-config scdoc protobuf-c-compiler libprotobuf-c-dev
       libgmp-dev libsodium-dev libssl-dev libsqlite3-dev libmicrohttpd-dev libgnutls28-dev
       libcurl4-openssl-dev libjansson-dev libcyaml-dev libyaml-dev libcsv-dev
       libnghttp2-dev)
check=(libcmocka-dev clang-format-19 clang-tidy-19 python3 python3-venv openssl shellcheck valgrind)
fuzz=(clang-19 libclang-rt-19-dev)

case "${1:-build}" in
build) wanted=("${build[@]}") ;;
check) wanted=("${build[@]}" "${check[@]}") ;;
fuzz) wanted=("${build[@]}" "${fuzz[@]}") ;;
*) echo "usage: install-deps.sh build|check|fuzz" >&2; exit 2 ;;
esac

missing=()
for package in "${wanted[@]}"; do
    # "i" as the second letter: installed, whatever was wanted.
    state=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null || true)
    [[ ${state:1:1} == i ]] || missing+=("$package")
done
finish() {
    if [[ ${1:-build} == check ]]; then
        exec "$(dirname "$0")/python-env.sh"
    fi
    exit 0
}
if [[ ${#missing[@]} -eq 0 ]]; then
    finish "$@"
fi

as_root=()
if [[ $(id -u) -ne 0 ]]; then
    if ! command -v sudo >/dev/null; then
        echo "lotveil: these packages are missing, and there is neither root nor sudo to install them:" >&2
        printf '  %s\n' "${missing[@]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { "${as_root[@]}" apt-get update &&
       "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
           apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "lotveil: the packages could not be installed (see above)" >&2
    exit 1
fi
echo "Installed."
finish "$@"
