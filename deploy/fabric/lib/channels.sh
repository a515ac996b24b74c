# shellcheck shell=bash
# Channels: their first blocks from configtx.yaml.in, and everybody's joining.

# Members' clients, peers and administrators read; writing stands in the channel.
party_section() {
    local party=$1 msp=${PARTY_MSP[$1]}
    cat <<END
  - &party_$party
    Name: $msp
    ID: $msp
    MSPDir: ${PARTY_DIR[$party]}/msp
    Policies:
      Readers: {Type: Signature, Rule: "OR('$msp.admin', '$msp.peer', '$msp.client')"}
      Writers: {Type: Signature, Rule: "OR('$msp.admin', '$msp.client')"}
      Admins: {Type: Signature, Rule: "OR('$msp.admin')"}
      Endorsement: {Type: Signature, Rule: "OR('$msp.peer')"}
    AnchorPeers:
      - {Host: 127.0.0.1, Port: $(port "peer.$party")}
END
}

orderer_section() {
    local i
    cat <<END
  - &orderer_organisation
    Name: $ORDERER_MSP
    ID: $ORDERER_MSP
    MSPDir: $STATE/orderer/msp
    Policies:
      Readers: {Type: Signature, Rule: "OR('$ORDERER_MSP.member')"}
      Writers: {Type: Signature, Rule: "OR('$ORDERER_MSP.member')"}
      Admins: {Type: Signature, Rule: "OR('$ORDERER_MSP.admin')"}
    OrdererEndpoints:
END
    for ((i = 1; i <= ORDERERS; i++)); do echo "      - \"127.0.0.1:$(port "orderer.$i")\""; done
}

consenters() {
    local i certificate
    for ((i = 1; i <= ORDERERS; i++)); do
        certificate=$STATE/orderer.$i/msp/signcerts/cert.pem
        echo "      - {Host: 127.0.0.1, Port: $(port "orderer.$i"), ClientTLSCert: $certificate, ServerTLSCert: $certificate}"
    done
}

# Who may write: on quality the downstream alone (the upstream's administrator has to approve the
# chaincode, and can do nothing else: the contract refuses it), on xor both.
writers() {
    local a=${PARTY_MSP[a]} b=${PARTY_MSP[b]} s=${PARTY_MSP[s]}
    case $1 in
    quality) echo "OR('$b.client', '$b.admin', '$a.admin')" ;;
    xor) echo "OR('$b.client', '$b.admin', '$s.client', '$s.admin')" ;;
    esac
}

profile() {
    local channel=$1 party
    cat <<END
  $channel:
    <<: *defaults
    Orderer:
      <<: *ordering
    Application:
      ACLs:
        <<: *acls
      Organizations:
END
    for party in ${CHANNEL_PARTIES[$channel]}; do echo "        - *party_$party"; done
    cat <<END
      Policies:
        Readers: {Type: ImplicitMeta, Rule: "ANY Readers"}
        Writers: {Type: Signature, Rule: "$(writers "$channel")"}
        Admins: {Type: ImplicitMeta, Rule: "MAJORITY Admins"}
        LifecycleEndorsement: {Type: ImplicitMeta, Rule: "MAJORITY Endorsement"}
        Endorsement: {Type: ImplicitMeta, Rule: "MAJORITY Endorsement"}
      Capabilities:
        <<: *application
END
}

write_configtx() {
    local line party channel
    while IFS= read -r line; do
        case $line in
        @ORGANISATIONS@)
            orderer_section
            for party in "${PARTIES[@]}"; do party_section "$party"; done
            ;;
        @CONSENTERS@) consenters ;;
        @PROFILES@) for channel in "${CHANNELS[@]}"; do profile "$channel"; done ;;
        *) echo "${line//@BATCH_TIMEOUT@/$BATCH_TIMEOUT}" ;;
        esac
    done <"$HERE/configtx.yaml.in" >"$STATE/channels/configtx.yaml"
}

make_blocks() {
    local channel jobs=()
    write_configtx
    for channel in "${CHANNELS[@]}"; do
        logged "configtxgen-$channel" "$FABRIC_TOOLS/configtxgen" -configPath "$STATE/channels" \
            -profile "$channel" -channelID "$channel" -outputBlock "$STATE/channels/$channel.block" &
        jobs+=($!)
    done
    wait_all "${jobs[@]}"
}

# osnadmin tells a refusal in its words and ends with 0 all the same.
join_orderer() {
    local channel said admin=$STATE/admin.orderer/msp
    for channel in "${CHANNELS[@]}"; do
        said=$("$FABRIC_TOOLS/osnadmin" channel join --channelID "$channel" \
            --config-block "$STATE/channels/$channel.block" -o "127.0.0.1:$(port "$1" admin)" \
            --ca-file "$STATE/orderer/msp/cacerts/ca.pem" \
            --client-cert "$admin/signcerts/cert.pem" \
            --client-key "$admin/keystore/key.pem" 2>&1) || true
        if [[ $said != *"Status: 201"* ]]; then
            say "$1 did not join $channel: $said"
            return 1
        fi
    done
}

# as_admin PARTY COMMAND...: Fabric's command line as that organisation's administrator.
as_admin() {
    local party=$1 admin=$STATE/admin.$1/msp
    shift
    env FABRIC_CFG_PATH="$STATE/config" FABRIC_LOGGING_SPEC=warning \
        CORE_PEER_LOCALMSPID="${PARTY_MSP[$party]}" CORE_PEER_MSPCONFIGPATH="$admin" \
        CORE_PEER_ADDRESS="127.0.0.1:$(port "peer.$party")" CORE_PEER_TLS_ENABLED=true \
        CORE_PEER_TLS_ROOTCERT_FILE="${PARTY_DIR[$party]}/msp/cacerts/ca.pem" \
        CORE_PEER_TLS_CLIENTAUTHREQUIRED=true \
        CORE_PEER_TLS_CLIENTCERT_FILE="$admin/signcerts/cert.pem" \
        CORE_PEER_TLS_CLIENTKEY_FILE="$admin/keystore/key.pem" \
        "$FABRIC_TOOLS/peer" "$@"
}

channels_of() {
    local channel
    for channel in "${CHANNELS[@]}"; do
        [[ " ${CHANNEL_PARTIES[$channel]} " == *" $1 "* ]] && echo "$channel"
    done
    return 0
}

join_peer() {
    local channel
    for channel in $(channels_of "$1"); do
        logged "join-peer.$1" as_admin "$1" channel join -b "$STATE/channels/$channel.block" || return 1
    done
}

join_all() {
    local i party jobs=()
    for ((i = 1; i <= ORDERERS; i++)); do
        join_orderer "orderer.$i" &
        jobs+=($!)
    done
    for party in "${PARTIES[@]}"; do
        join_peer "$party" &
        jobs+=($!)
    done
    wait_all "${jobs[@]}"
}
