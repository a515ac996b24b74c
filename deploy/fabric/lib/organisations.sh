# shellcheck shell=bash
# The organisations: made where none are given, introduced to each other, and the certificates of
# their peers, orderers and administrators.

lotveil_quiet() {
    logged make "$LOTVEIL" "$@"
}

card_field() {
    sed -n "s/^ *\"$2\": *\"\\([^\"]*\\)\".*/\\1/p" "${PARTY_DIR[$1]}/card.json"
}

make_organisation() {
    local party=$1 dir=${PARTY_DIR[$1]} role=${PARTY_ROLE[$1]}
    if [[ ! -e $dir/card.json ]]; then
        lotveil_quiet init --dir "$dir" --org "${PARTY_MSP[$party]}" --role "$role" \
            --listen "127.0.0.1:$((BASE_PORT + 36 + $(party_index "$party")))" \
            --ledger fabric --gateway "127.0.0.1:$(port "peer.$party")"
    fi
    [[ $(card_field "$party" role) == "$role" ]] ||
        die "$dir is no $role, but $(card_field "$party" role)"
    [[ -r $dir/ca/ca-key.pem ]] ||
        die "$dir/ca/ca-key.pem is needed: certificates of peers and administrators are issued under the organisation's own root"
    PARTY_MSP["$party"]=$(card_field "$party" organisation)
}

introduce() {
    local known
    known=$("$LOTVEIL" member list --json --dir "${PARTY_DIR[$1]}")
    [[ $known == *"\"${PARTY_MSP[$2]}\""* ]] ||
        lotveil_quiet member add "${PARTY_DIR[$2]}/card.json" --dir "${PARTY_DIR[$1]}"
}

make_organisations() {
    local one other
    for one in "${PARTIES[@]}"; do make_organisation "$one"; done
    for one in "${PARTIES[@]}"; do
        for other in "${PARTIES[@]}"; do
            [[ $one == "$other" ]] || introduce "$one" "$other"
        done
    done
    [[ -d $STATE/orderer/msp ]] ||
        lotveil_quiet init --dir "$STATE/orderer" --org "$ORDERER_MSP" --identity-only
}

# issue FOLDER UNIT OUT
issue() {
    rm -rf "${3:?}.new"
    [[ -d $3 ]] ||
        lotveil_quiet issue --dir "$1" --unit "$2" --host 127.0.0.1 --host localhost --out "$3"
}

issue_certificates() {
    local party i
    for party in "${PARTIES[@]}"; do
        issue "${PARTY_DIR[$party]}" peer "$STATE/peer.$party/msp"
        issue "${PARTY_DIR[$party]}" admin "$STATE/admin.$party/msp"
        [[ -z $CA_SERVER ]] || issue "${PARTY_DIR[$party]}" client "$STATE/ca.$party/tls"
    done
    issue "$STATE/orderer" admin "$STATE/admin.orderer/msp"
    for ((i = 1; i <= ORDERERS; i++)); do
        issue "$STATE/orderer" orderer "$STATE/orderer.$i/msp"
    done
    cat "$STATE/orderer/msp/cacerts/ca.pem" "${PARTY_DIR[a]}/msp/cacerts/ca.pem" \
        "${PARTY_DIR[b]}/msp/cacerts/ca.pem" "${PARTY_DIR[s]}/msp/cacerts/ca.pem" \
        >"$STATE/roots.pem"
}

# The `ledger:` block of an organisation's configuration: this network, through its own peer.
ledger_block() {
    local party=$1 channel
    echo "ledger:"
    echo "  kind: fabric"
    for channel in "${CHANNELS[@]}"; do
        [[ " ${CHANNEL_PARTIES[$channel]} " == *" $party "* ]] && echo "  $channel: $channel"
    done
    echo "  gateways:"
    echo "    - {address: \"127.0.0.1:$(port "peer.$party")\"}"
}

# Replaces the block in config.yaml: from its line to the next one at the margin that is no comment.
configure_ledger() {
    local party=$1 config=${PARTY_DIR[$1]}/config.yaml
    ledger_block "$party" >"$STATE/ledger.$party.yaml"
    awk -v block="$STATE/ledger.$party.yaml" '
        /^ledger:/ { while ((getline line < block) > 0) print line; inside = 1; next }
        inside && /^[^ \t]/ { inside = 0 }
        inside && /^[ \t]*$/ { inside = 0 }
        !inside { print }
    ' "$config" >"$config.new"
    if cmp -s "$config" "$config.new"; then
        rm "$config.new"
    else
        mv "$config.new" "$config"
    fi
}
