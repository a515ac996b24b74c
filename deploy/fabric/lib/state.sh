# shellcheck shell=bash
# What a network remembers below STATE: its settings, and which port each component has.

# Parties: key, role, default name. The order is that of the ports.
PARTIES=(a b s)
declare -A PARTY_ROLE=([a]=upstream [b]=downstream [s]=servicer)
declare -A PARTY_MSP=([a]=AMSP [b]=BMSP [s]=SMSP)
declare -A PARTY_DIR=()
ORDERER_MSP=OrdererMSP

CHANNELS=(quality xor)
declare -A CHANNEL_PARTIES=([quality]="a b" [xor]="b s")

PORTS_NEEDED=40
PORTS_LOW=12000
PORTS_HIGH=31000

settings_write() {
    local party
    {
        echo "made_with=$("$FABRIC_TOOLS/peer" version | sed -n 's/^ *Version: v\{0,1\}//p')"
        echo "orderers=$ORDERERS"
        echo "batch_timeout=$BATCH_TIMEOUT"
        echo "base_port=$BASE_PORT"
        echo "fabric_tools=$FABRIC_TOOLS"
        for party in "${PARTIES[@]}"; do
            echo "msp_$party=${PARTY_MSP[$party]}"
            echo "dir_$party=${PARTY_DIR[$party]}"
        done
    } >"$STATE/network.conf"
}

setting() {
    sed -n "s/^$1=//p" "$STATE/network.conf"
}

settings_read() {
    local party
    [[ -r $STATE/network.conf ]] || die "there is no network in $STATE (network.sh up --dir $STATE makes one)"
    ORDERERS=$(setting orderers)
    BATCH_TIMEOUT=$(setting batch_timeout)
    BASE_PORT=$(setting base_port)
    for party in "${PARTIES[@]}"; do
        PARTY_MSP[$party]=$(setting "msp_$party")
        PARTY_DIR[$party]=$(setting "dir_$party")
    done
}

port_is_taken() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Below the ports that the system gives to clients, so that none of them takes one while its
# component is down.
choose_ports() {
    local try port
    for ((try = 0; try < 100; try++)); do
        BASE_PORT=$((PORTS_LOW + RANDOM % ((PORTS_HIGH - PORTS_LOW) / PORTS_NEEDED) * PORTS_NEEDED))
        for ((port = BASE_PORT; port < BASE_PORT + PORTS_NEEDED; port++)); do
            if port_is_taken "$port"; then continue 2; fi
        done
        return 0
    done
    die "no $PORTS_NEEDED free ports in a row on 127.0.0.1"
}

party_index() {
    case $1 in a) echo 0 ;; b) echo 1 ;; s) echo 2 ;; esac
}

# port COMPONENT [admin|operations|chaincode]
port() {
    local number rest
    case $1 in
    orderer.*)
        number=$((BASE_PORT + (${1#orderer.} - 1) * 3))
        case ${2:-} in admin) ((number += 1)) ;; operations) ((number += 2)) ;; esac
        ;;
    peer.*)
        number=$((BASE_PORT + 10 + $(party_index "${1#peer.}") * 3))
        case ${2:-} in chaincode) ((number += 1)) ;; operations) ((number += 2)) ;; esac
        ;;
    chaincode.*)
        rest=${1#chaincode.}
        number=$((BASE_PORT + 20 + $(party_index "${rest%%.*}") * 2))
        [[ ${rest#*.} == xor ]] && ((number += 1))
        ;;
    ca.*)
        number=$((BASE_PORT + 30 + $(party_index "${1#ca.}") * 2))
        [[ ${2:-} == operations ]] && ((number += 1))
        ;;
    *) die "there is no component $1" ;;
    esac
    echo "$number"
}

# All components in the order in which they start.
components() {
    local i party channel
    for ((i = 1; i <= ORDERERS; i++)); do echo "orderer.$i"; done
    for party in "${PARTIES[@]}"; do echo "peer.$party"; done
    for channel in "${CHANNELS[@]}"; do
        for party in ${CHANNEL_PARTIES[$channel]}; do echo "chaincode.$party.$channel"; done
    done
    for party in "${PARTIES[@]}"; do
        [[ -d $STATE/ca.$party ]] && echo "ca.$party"
    done
    return 0
}
