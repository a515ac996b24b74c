# shellcheck shell=bash
# Finds Fabric's binaries with their sample configuration, and the command.

FABRIC_NEEDED=(peer orderer configtxgen osnadmin)
FABRIC_WHERE="https://github.com/hyperledger/fabric/releases (hyperledger-fabric-linux-*.tar.gz, 2.5 or 3.1)"

# Prints the path of one of Fabric's binaries.
fabric_tool() {
    if [[ -n ${FABRIC_BIN:-} ]]; then
        [[ -x $FABRIC_BIN/$1 ]] && echo "$FABRIC_BIN/$1"
    else
        command -v "$1"
    fi
}

# A network that was made with binaries in one place goes on with them where nothing else is said.
remembered_binaries() {
    if [[ -z ${FABRIC_BIN:-} && -r $STATE/network.conf ]] && ! command -v peer >/dev/null; then
        FABRIC_BIN=$(setting fabric_tools)
    fi
}

find_fabric() {
    local tool missing=()
    remembered_binaries
    for tool in "${FABRIC_NEEDED[@]}"; do
        fabric_tool "$tool" >/dev/null || missing+=("$tool")
    done
    if [[ ${#missing[@]} -gt 0 ]]; then
        local place="on PATH"
        [[ -z ${FABRIC_BIN:-} ]] || place="in FABRIC_BIN=$FABRIC_BIN"
        die "Hyperledger Fabric's ${missing[*]} not found $place; get them from $FABRIC_WHERE and name their folder with FABRIC_BIN"
    fi
    FABRIC_TOOLS=$(cd "$(dirname "$(fabric_tool peer)")" && pwd)
    find_fabric_config
    CA_SERVER=$(fabric_tool fabric-ca-server || true)
}

# Release archives have config/ beside bin/; others put it into the folder of the binaries.
find_fabric_config() {
    local folder
    for folder in "$FABRIC_TOOLS/config" "$FABRIC_TOOLS/../config" "${FABRIC_CFG_PATH:-}" /etc/hyperledger/fabric; do
        if [[ -n $folder && -r $folder/core.yaml && -r $folder/orderer.yaml ]]; then
            FABRIC_CONFIG=$(cd "$folder" && pwd)
            return 0
        fi
    done
    die "no core.yaml and orderer.yaml beside $FABRIC_TOOLS; Fabric's release archives have them in config/: name that folder with FABRIC_CFG_PATH"
}

find_lotveil() {
    local place
    for place in "${LOTVEIL:-}" "$HERE/../../../bin/lotveil" "$HERE/../../build/release/lotveil"; do
        if [[ -n $place && -x $place ]]; then
            LOTVEIL=$(realpath "$place")
            return 0
        fi
    done
    LOTVEIL=$(command -v lotveil) ||
        die "the command lotveil was not found; install it, build it (make), or name it with LOTVEIL"
}
