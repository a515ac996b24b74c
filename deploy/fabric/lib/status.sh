# shellcheck shell=bash
# What runs, for people and as JSON.

state_of() {
    running "$1" >/dev/null && echo running || echo down
}

status_text() {
    local name
    echo "Network in $STATE ($ORDERERS orderer(s), BatchTimeout $BATCH_TIMEOUT)"
    for name in $(components); do
        printf '  %-20s %-8s 127.0.0.1:%-6s %s\n' "$name" "$(state_of "$name")" "$(port "$name")" \
            "$(running "$name" || true)"
    done
    for name in "${PARTIES[@]}"; do
        printf '  %s (%s): %s\n' "${PARTY_MSP[$name]}" "${PARTY_ROLE[$name]}" "${PARTY_DIR[$name]}"
    done
}

status_json() {
    local name pid comma=""
    printf '{"dir": "%s", "orderers": %s, "batch_timeout": "%s", "made": %s,\n "components": [' \
        "$STATE" "$ORDERERS" "$BATCH_TIMEOUT" "$([[ -e $STATE/made ]] && echo true || echo false)"
    for name in $(components); do
        pid=$(running "$name" || echo null)
        printf '%s\n  {"name": "%s", "address": "127.0.0.1:%s", "state": "%s", "pid": %s, "log": "%s"}' \
            "$comma" "$name" "$(port "$name")" "$(state_of "$name")" "$pid" "$STATE/logs/$name.log"
        comma=,
    done
    printf '],\n "organisations": ['
    comma=""
    for name in "${PARTIES[@]}"; do
        printf '%s\n  {"party": "%s", "msp": "%s", "role": "%s", "dir": "%s", "peer": "127.0.0.1:%s", "admin": "%s"}' \
            "$comma" "$name" "${PARTY_MSP[$name]}" "${PARTY_ROLE[$name]}" "${PARTY_DIR[$name]}" \
            "$(port "peer.$name")" "$STATE/admin.$name/msp"
        comma=,
    done
    printf '],\n "channels": ['
    comma=""
    for name in "${CHANNELS[@]}"; do
        printf '%s\n  {"name": "%s", "chaincode": "%s", "package_id": "%s"}' "$comma" "$name" "$name" \
            "$([[ -e $STATE/chaincode/$name.tar.gz ]] && package_id "$name")"
        comma=,
    done
    printf ']}\n'
}

# All that is expected runs?
all_running() {
    local name
    for name in $(components); do
        running "$name" >/dev/null || return 1
    done
}
