# shellcheck shell=bash
# Chaincode: one package for each contract, the same bytes everywhere; installed, approved by each
# organisation of the channel, committed.

CHAINCODE_VERSION=1
CHAINCODE_SEQUENCE=1

# tar without anything of this machine or moment
plain_tar() {
    tar --sort=name --owner=0 --group=0 --numeric-owner --mode=0644 --mtime=@0 --format=ustar "$@"
}

make_package() {
    local contract=$1 work=$STATE/chaincode/$1
    rm -rf "$work" && mkdir -p "$work"
    echo "{\"contract\": \"$contract\"}" >"$work/lotveil.json"
    echo "{\"type\": \"ccaas\", \"label\": \"$contract\"}" >"$work/metadata.json"
    plain_tar -C "$work" -cf - lotveil.json | gzip -n >"$work/code.tar.gz"
    plain_tar -C "$work" -cf - code.tar.gz metadata.json | gzip -n >"$STATE/chaincode/$contract.tar.gz"
    rm -r "$work"
}

# label:SHA-256, as Fabric names an installed package
package_id() {
    local digest
    digest=$(sha256sum "$STATE/chaincode/$1.tar.gz")
    echo "$1:${digest%% *}"
}

json_lines() {
    local text
    text=$(<"$1")
    printf '%s' "${text//$'\n'/\\n}\\n"
}

# Where the peer finds its organisation's server, with what it shows there: its own certificate.
write_connection() {
    local party=$1 channel=$2 peer=$STATE/peer.$1/msp
    local folder=$STATE/peer.$1/connections/$2
    mkdir -p "$folder"
    (
        umask 077
        cat >"$folder/connection.json" <<END
{
  "address": "127.0.0.1:$(port "chaincode.$party.$channel")",
  "dial_timeout": "10s",
  "tls_required": true,
  "client_auth_required": true,
  "client_key": "$(json_lines "$peer/keystore/key.pem")",
  "client_cert": "$(json_lines "$peer/signcerts/cert.pem")",
  "root_cert": "$(json_lines "${PARTY_DIR[$party]}/msp/cacerts/ca.pem")"
}
END
    )
}

make_packages() {
    local channel party
    for channel in "${CHANNELS[@]}"; do
        make_package "$channel"
        for party in ${CHANNEL_PARTIES[$channel]}; do write_connection "$party" "$channel"; done
    done
}

endorsement_policy() {
    local party names=()
    for party in ${CHANNEL_PARTIES[$1]}; do names+=("'${PARTY_MSP[$party]}.peer'"); done
    echo "AND(${names[0]}, ${names[1]})"
}

orderer_flags() {
    local admin=$STATE/admin.$1/msp
    printf '%s\n' -o "127.0.0.1:$(port orderer.1)" --tls --cafile "$STATE/orderer/msp/cacerts/ca.pem" \
        --clientauth --certfile "$admin/signcerts/cert.pem" --keyfile "$admin/keystore/key.pem"
}

definition_flags() {
    printf '%s\n' --channelID "$1" --name "$1" --version "$CHAINCODE_VERSION" \
        --sequence "$CHAINCODE_SEQUENCE" --signature-policy "$(endorsement_policy "$1")"
}

install_and_approve() {
    local party=$1 channel=$2 orderer definition
    mapfile -t orderer < <(orderer_flags "$party")
    mapfile -t definition < <(definition_flags "$channel")
    logged "chaincode-$party-$channel" as_admin "$party" lifecycle chaincode install \
        "$STATE/chaincode/$channel.tar.gz" &&
        logged "chaincode-$party-$channel" as_admin "$party" lifecycle chaincode approveformyorg \
            "${orderer[@]}" "${definition[@]}" --package-id "$(package_id "$channel")"
}

commit_definition() {
    local channel=$1 orderer definition party peers=()
    mapfile -t orderer < <(orderer_flags b)
    mapfile -t definition < <(definition_flags "$channel")
    for party in ${CHANNEL_PARTIES[$channel]}; do
        peers+=(--peerAddresses "127.0.0.1:$(port "peer.$party")"
            --tlsRootCertFiles "${PARTY_DIR[$party]}/msp/cacerts/ca.pem")
    done
    logged "chaincode-b-$channel" as_admin b lifecycle chaincode commit "${orderer[@]}" \
        "${definition[@]}" "${peers[@]}"
}

deploy_channel() {
    local party jobs=()
    for party in ${CHANNEL_PARTIES[$1]}; do
        install_and_approve "$party" "$1" &
        jobs+=($!)
    done
    wait_all "${jobs[@]}" && commit_definition "$1"
}

deploy_chaincodes() {
    local channel jobs=()
    for channel in "${CHANNELS[@]}"; do
        deploy_channel "$channel" &
        jobs+=($!)
    done
    wait_all "${jobs[@]}"
}
