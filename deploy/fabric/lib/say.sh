# shellcheck shell=bash
# Words for people: progress on standard error, so that standard output is the answer alone.

say() {
    echo "network: $*" >&2
}

die() {
    echo "network: $*" >&2
    exit 1
}

# Milliseconds of a clock that does not jump.
now_ms() {
    local up
    read -r up _ </proc/uptime
    echo $((10#${up/./} * 10))
}

seconds_since() {
    local ms=$(($(now_ms) - $1))
    printf '%d.%d s' $((ms / 1000)) $((ms % 1000 / 100))
}

# Waits until a command succeeds: wait_for SECONDS WHAT COMMAND...
wait_for() {
    local end=$(($(now_ms) + $1 * 1000)) what=$2
    shift 2
    until "$@"; do
        if [[ $(now_ms) -gt $end ]]; then
            return 1
        fi
        sleep 0.05
    done
    : "$what"
}

# Runs what stands in a log of its own and shows its end where it fails: logged NAME COMMAND...
logged() {
    local log="$STATE/logs/$1.log"
    shift
    if ! "$@" >>"$log" 2>&1; then
        tail -n 8 "$log" >&2
        say "failed: ${*:1:4} ... (all of it: $log)"
        return 1
    fi
}

# Waits for background jobs by their pids; fails where one failed.
wait_all() {
    local pid failed=0
    for pid in "$@"; do
        wait "$pid" || failed=1
    done
    return "$failed"
}
