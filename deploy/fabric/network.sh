#!/usr/bin/env bash
# A Hyperledger Fabric network for Lotveil on this machine, from Fabric's own binaries: one
# organisation each for upstream (a), downstream (b) and servicer (s), channels quality (a, b) and
# xor (b, s), chaincode served by `lotveil chaincode`. docs/fabric.md explains it.
set -euo pipefail

HERE=$(cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")" && pwd)
# shellcheck source=lib/say.sh
source "$HERE/lib/say.sh"
# shellcheck source=lib/binaries.sh
source "$HERE/lib/binaries.sh"
# shellcheck source=lib/state.sh
source "$HERE/lib/state.sh"
# shellcheck source=lib/processes.sh
source "$HERE/lib/processes.sh"
# shellcheck source=lib/organisations.sh
source "$HERE/lib/organisations.sh"
# shellcheck source=lib/channels.sh
source "$HERE/lib/channels.sh"
# shellcheck source=lib/chaincode.sh
source "$HERE/lib/chaincode.sh"
# shellcheck source=lib/components.sh
source "$HERE/lib/components.sh"
# shellcheck source=lib/status.sh
source "$HERE/lib/status.sh"

usage() {
    cat <<'END'
usage: network.sh up [--dir STATE] [--orderers 1|3] [--batch-timeout 200ms]
                     [--upstream DIR] [--downstream DIR] [--servicer DIR]
       network.sh check
       network.sh down|status [--json]|logs [COMPONENT]  [--dir STATE]
       network.sh start|stop|kill|pause|resume COMPONENT... [--dir STATE]

up       makes the network below STATE (default ./lotveil-fabric), or starts again the one that
         stands there, and returns when every organisation's gateway answers. Organisations that
         are not given as folders of `lotveil init` are made in STATE/a, STATE/b, STATE/s; the
         certificate of one that is given must name 127.0.0.1 (its chaincode servers show it). The
         ledger: block of each one's config.yaml is set to this network.
check    says what is missing of what `up` needs, and makes nothing.
down     ends everything that runs of it; its data stay. To remove it delete STATE after that.
status   says what runs where; --json for programs.
logs     shows the end of every log, or all of one component's.
start, stop, kill, pause, resume
         one component: orderer.1, peer.b, chaincode.b.xor, ca.s ... as `status` names them.

FABRIC_BIN      folder of Fabric's binaries (2.5 or 3.1); default: PATH
FABRIC_CFG_PATH folder of core.yaml and orderer.yaml, where it is not beside the binaries
LOTVEIL         the command lotveil; default: the installed or built one beside this script, or PATH
END
}

usage_error() {
    echo "network: $1" >&2
    usage >&2
    exit 2
}

# ---- command line ----

VERB=${1:-}
[[ $# -gt 0 ]] && shift
STATE=lotveil-fabric
ORDERERS="" BATCH_TIMEOUT="" JSON=0
NAMES=()

take_option() {
    [[ -n ${2:-} ]] || usage_error "$1 needs a value"
    case $1 in
    --dir) STATE=$2 ;;
    --orderers) ORDERERS=$2 ;;
    --batch-timeout) BATCH_TIMEOUT=$2 ;;
    --upstream) PARTY_DIR["a"]=$(realpath -m "$2") ;;
    --downstream) PARTY_DIR["b"]=$(realpath -m "$2") ;;
    --servicer) PARTY_DIR["s"]=$(realpath -m "$2") ;;
    esac
}

while [[ $# -gt 0 ]]; do
    case $1 in
    --json) JSON=1 ;;
    --help | -h) VERB=help ;;
    --dir | --orderers | --batch-timeout | --upstream | --downstream | --servicer)
        take_option "$1" "${2:-}"
        shift
        ;;
    -*) usage_error "there is no option $1" ;;
    *) NAMES+=("$1") ;;
    esac
    shift
done
[[ ${ORDERERS:-1} =~ ^[13]$ ]] || usage_error "--orderers: 1 or 3"
[[ ${BATCH_TIMEOUT:-1s} =~ ^[1-9][0-9]*(ms|s)$ ]] || usage_error "--batch-timeout: such as 200ms or 2s"
STATE=$(realpath -m "$STATE")

# ---- up ----

# Ends what an `up` that fails or is interrupted has started.
undo() {
    local code=$?
    trap - EXIT INT TERM HUP
    if [[ $code -ne 0 ]]; then
        local jobs
        mapfile -t jobs < <(jobs -p)
        [[ ${#jobs[@]} -eq 0 ]] || kill "${jobs[@]}" 2>/dev/null || true
        say "stopping what was started"
        end_everything
    fi
    exit "$code"
}

interrupted() {
    exit 130
}

# A network whose making was interrupted is made anew; organisations stay.
clear_unfinished() {
    end_everything
    rm -rf "$STATE"/{peer,orderer,ca,admin}.* "$STATE"/{channels,chaincode,config,logs,run,network.conf}
}

prepare_folders() {
    local party
    for party in "${PARTIES[@]}"; do
        [[ -n ${PARTY_DIR[$party]:-} ]] || PARTY_DIR["$party"]=$STATE/$party
    done
    mkdir -p "$STATE"/{channels,chaincode,config,logs,run}
    cp "$FABRIC_CONFIG/orderer.yaml" "$STATE/config/"
    write_core_yaml
}

# The sample without Docker, which the peer would otherwise look for.
write_core_yaml() {
    sed 's|endpoint: unix:///var/run/docker.sock|endpoint: ""|' "$FABRIC_CONFIG/core.yaml" \
        >"$STATE/config/core.yaml"
}

start_all() {
    local name
    for name in $(components); do start_component "$name"; done
    for name in $(components); do wait_listening "$name"; done
}

make_network() {
    local party
    ORDERERS=${ORDERERS:-1} BATCH_TIMEOUT=${BATCH_TIMEOUT:-200ms}
    choose_ports
    prepare_folders
    make_organisations
    issue_certificates
    settings_write
    make_blocks
    make_packages
    for party in "${PARTIES[@]}"; do configure_ledger "$party"; done
    start_all
    say "joining channels"
    join_all
    say "deploying chaincode"
    deploy_chaincodes
}

# Settings are those of the first `up`.
check_same() {
    local wanted_orderers=$ORDERERS wanted_timeout=$BATCH_TIMEOUT
    settings_read
    [[ -z $wanted_orderers || $wanted_orderers == "$ORDERERS" ]] ||
        die "the network in $STATE has $ORDERERS orderer(s); choose another --dir"
    [[ -z $wanted_timeout || $wanted_timeout == "$BATCH_TIMEOUT" ]] ||
        die "the network in $STATE has BatchTimeout $BATCH_TIMEOUT; choose another --dir"
}

# An evaluate of the chaincode through the gateway of the organisation's own peer.
contract_answers() {
    "$LOTVEIL" ledger ping --dir "${PARTY_DIR[$1]}" --channel "$2" >>"$STATE/logs/ready.log" 2>&1
}

wait_ready() {
    local channel party
    for channel in "${CHANNELS[@]}"; do
        for party in ${CHANNEL_PARTIES[$channel]}; do
            if ! wait_for 60 ready contract_answers "$party" "$channel"; then
                tail -n 3 "$STATE/logs/ready.log" >&2
                die "the chaincode of $channel does not answer ${PARTY_MSP[$party]}"
            fi
        done
    done
}

up() {
    local begun
    begun=$(now_ms)
    find_fabric
    find_lotveil
    mkdir -p "$STATE"
    take_lock 0
    trap undo EXIT
    trap interrupted INT TERM HUP
    if [[ -e $STATE/made ]]; then
        check_same
        say "starting the network in $STATE again"
        start_all
    else
        clear_unfinished
        say "making a network in $STATE"
        make_network
    fi
    wait_ready
    touch "$STATE/made"
    trap - EXIT INT TERM HUP
    say "ready after $(seconds_since "$begun")"
    [[ $JSON -eq 0 ]] || status_json
}

# Nobody else works on this state meanwhile; what is started does not inherit the lock.
take_lock() {
    exec 9>"$STATE/lock"
    flock -w "$1" 9 || die "another network.sh works on $STATE"
}

# ---- the other verbs ----

each_component() {
    local known name
    known=" $(components | tr '\n' ' ')"
    [[ ${#NAMES[@]} -gt 0 ]] || usage_error "$VERB: name a component"
    for name in "${NAMES[@]}"; do
        [[ $known == *" $name "* ]] || die "there is no component $name; there are:$known"
        "$@" "$name"
    done
}

start_one() {
    find_fabric
    find_lotveil
    start_component "$1"
    wait_listening "$1"
}

kill_one() {
    signal KILL "$1"
    wait_for 5 "$1" is_gone "$1"
}

pause_one() {
    signal STOP "$1"
}

resume_one() {
    signal CONT "$1"
}

logs() {
    local name
    if [[ ${#NAMES[@]} -eq 0 ]]; then
        tail -n 5 "$STATE"/logs/*.log
        return
    fi
    for name in "${NAMES[@]}"; do
        [[ -r $STATE/logs/$name.log ]] || die "there is no log of $name"
        cat "$STATE/logs/$name.log"
    done
}

[[ ${#NAMES[@]} -eq 0 || $VERB =~ ^(logs|start|stop|kill|pause|resume)$ ]] ||
    usage_error "$VERB takes no ${NAMES[0]}"

case $VERB in
up) up ;;
check)
    find_fabric
    find_lotveil
    ;;
down)
    if [[ -d $STATE/run ]]; then
        take_lock 30 # an `up` that was interrupted is ending what it started
        end_everything
    fi
    ;;
status)
    settings_read
    if [[ $JSON -eq 1 ]]; then status_json; else status_text; fi
    all_running || exit 1
    ;;
logs) logs ;;
start | stop | kill | pause | resume)
    settings_read
    case $VERB in
    stop) each_component end_all ;;
    *) each_component "${VERB}_one" ;;
    esac
    ;;
help | --help | -h) usage ;;
"") usage_error "what shall be done?" ;;
*) usage_error "there is no verb $VERB" ;;
esac
