# shellcheck shell=bash
# How each component is started. What does not depend on the place stands in env/*.env.

# The settings of an env file as arguments of env(1).
env_of() {
    grep -v -e '^#' -e '^$' "$HERE/env/$1.env"
}

# Fabric's processes see their settings and nothing else of our environment.
start_orderer() {
    local name=$1 home=$STATE/$1 msp=$STATE/$1/msp
    local certificate=$msp/signcerts/cert.pem key=$msp/keystore/key.pem settings
    mkdir -p "$home/data"
    mapfile -t settings < <(env_of orderer)
    launch "$name" env -i PATH="$PATH" HOME="$home" "${settings[@]}" \
        FABRIC_CFG_PATH="$STATE/config" \
        ORDERER_GENERAL_LISTENADDRESS=127.0.0.1 \
        ORDERER_GENERAL_LISTENPORT="$(port "$name")" \
        ORDERER_GENERAL_LOCALMSPDIR="$msp" \
        ORDERER_GENERAL_TLS_CERTIFICATE="$certificate" \
        ORDERER_GENERAL_TLS_PRIVATEKEY="$key" \
        ORDERER_GENERAL_TLS_ROOTCAS="[$STATE/orderer/msp/cacerts/ca.pem]" \
        ORDERER_GENERAL_TLS_CLIENTROOTCAS="[$STATE/roots.pem]" \
        ORDERER_GENERAL_CLUSTER_CLIENTCERTIFICATE="$certificate" \
        ORDERER_GENERAL_CLUSTER_CLIENTPRIVATEKEY="$key" \
        ORDERER_GENERAL_CLUSTER_ROOTCAS="[$STATE/orderer/msp/cacerts/ca.pem]" \
        ORDERER_ADMIN_LISTENADDRESS="127.0.0.1:$(port "$name" admin)" \
        ORDERER_ADMIN_TLS_CERTIFICATE="$certificate" \
        ORDERER_ADMIN_TLS_PRIVATEKEY="$key" \
        ORDERER_ADMIN_TLS_ROOTCAS="[$STATE/orderer/msp/cacerts/ca.pem]" \
        ORDERER_ADMIN_TLS_CLIENTROOTCAS="[$STATE/orderer/msp/cacerts/ca.pem]" \
        ORDERER_OPERATIONS_LISTENADDRESS="127.0.0.1:$(port "$name" operations)" \
        ORDERER_FILELEDGER_LOCATION="$home/data/ledger" \
        ORDERER_CONSENSUS_WALDIR="$home/data/wal" \
        ORDERER_CONSENSUS_SNAPDIR="$home/data/snapshot" \
        "$FABRIC_TOOLS/orderer"
}

start_peer() {
    local name=$1 party=${1#peer.} home=$STATE/$1 msp=$STATE/$1/msp address settings
    address=127.0.0.1:$(port "$name")
    mkdir -p "$home/data"
    mapfile -t settings < <(env_of peer)
    launch "$name" env -i PATH="$PATH" HOME="$home" "${settings[@]}" \
        FABRIC_CFG_PATH="$STATE/config" \
        CORE_PEER_ID="$name" \
        CORE_PEER_LOCALMSPID="${PARTY_MSP[$party]}" \
        CORE_PEER_MSPCONFIGPATH="$msp" \
        CORE_PEER_ADDRESS="$address" \
        CORE_PEER_LISTENADDRESS="$address" \
        CORE_PEER_CHAINCODEADDRESS="127.0.0.1:$(port "$name" chaincode)" \
        CORE_PEER_CHAINCODELISTENADDRESS="127.0.0.1:$(port "$name" chaincode)" \
        CORE_PEER_GOSSIP_BOOTSTRAP="$address" \
        CORE_PEER_GOSSIP_EXTERNALENDPOINT="$address" \
        CORE_PEER_TLS_CERT_FILE="$msp/signcerts/cert.pem" \
        CORE_PEER_TLS_KEY_FILE="$msp/keystore/key.pem" \
        CORE_PEER_TLS_ROOTCERT_FILE="$msp/cacerts/ca.pem" \
        CORE_PEER_TLS_CLIENTROOTCAS_FILES="$msp/cacerts/ca.pem" \
        CORE_PEER_FILESYSTEMPATH="$home/data" \
        CORE_LEDGER_SNAPSHOTS_ROOTDIR="$home/data/snapshots" \
        CORE_OPERATIONS_LISTENADDRESS="127.0.0.1:$(port "$name" operations)" \
        CORE_CHAINCODE_EXTERNALBUILDERS="[{name: lotveil, path: \"$HERE/builder\", propagateEnvironment: [LOTVEIL_CONNECTIONS]}]" \
        LOTVEIL_CONNECTIONS="$home/connections" \
        "$FABRIC_TOOLS/peer" node start
}

start_chaincode() {
    local name=$1 rest=${1#chaincode.} party channel
    party=${rest%%.*} channel=${rest#*.}
    launch "$name" "$LOTVEIL" chaincode --contract "$channel" --channel "$channel" \
        --dir "${PARTY_DIR[$party]}" --listen "127.0.0.1:$(port "$name")" \
        --package-id "$(package_id "$channel")"
}

# The registrar's password is made once and known to whoever may read the folder.
start_ca() {
    local name=$1 party=${1#ca.} home=$STATE/$1 settings
    if [[ ! -e $home/password ]]; then
        (
            umask 077
            head -c 24 /dev/urandom | base64 | tr '+/' '-_' >"$home/password"
            sed "s/@PASSWORD@/$(<"$home/password")/" "$HERE/ca-server.yaml" \
                >"$home/fabric-ca-server-config.yaml"
        )
    fi
    mapfile -t settings < <(env_of ca)
    launch "$name" env -i PATH="$PATH" HOME="$home" "${settings[@]}" \
        FABRIC_CA_SERVER_HOME="$home" \
        FABRIC_CA_SERVER_ADDRESS=127.0.0.1 \
        FABRIC_CA_SERVER_PORT="$(port "$name")" \
        FABRIC_CA_SERVER_CA_CERTFILE="${PARTY_DIR[$party]}/msp/cacerts/ca.pem" \
        FABRIC_CA_SERVER_CA_KEYFILE="${PARTY_DIR[$party]}/ca/ca-key.pem" \
        FABRIC_CA_SERVER_TLS_CERTFILE="$home/tls/signcerts/cert.pem" \
        FABRIC_CA_SERVER_TLS_KEYFILE="$home/tls/keystore/key.pem" \
        FABRIC_CA_SERVER_OPERATIONS_LISTENADDRESS="127.0.0.1:$(port "$name" operations)" \
        "$CA_SERVER" start
}

start_component() {
    if running "$1" >/dev/null; then
        return 0
    fi
    if port_is_taken "$(port "$1")"; then
        die "port $(port "$1") of $1 is taken by another process"
    fi
    case $1 in
    orderer.*) start_orderer "$1" ;;
    peer.*) start_peer "$1" ;;
    chaincode.*) start_chaincode "$1" ;;
    ca.*) start_ca "$1" ;;
    esac
}
