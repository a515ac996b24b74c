# shellcheck shell=bash
# Processes that outlive this script: STATE/run/NAME.pid holds pid and start time, so that a number
# that the system gave to another process since is never taken for ours.

started_at() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    stat=${stat##*) } # the name before may hold blanks
    # shellcheck disable=SC2086
    set -- $stat
    [[ $1 != Z ]] && echo "${20}"
}

# Prints the pid where the component runs.
running() {
    local pid start
    { read -r pid start <"$STATE/run/$1.pid"; } 2>/dev/null || return 1
    [[ $(started_at "$pid") == "$start" ]] && echo "$pid"
}

# launch NAME COMMAND...: its own session, so that a terminal's Ctrl-C or end is not its own.
launch() {
    local name=$1 pid
    shift
    setsid "$@" >>"$STATE/logs/$name.log" 2>&1 </dev/null 9>&- &
    pid=$!
    disown "$pid"
    # the moment between fork and setsid's exec does not change pid or start time
    echo "$pid $(started_at "$pid")" >"$STATE/run/$name.pid"
}

signal() {
    local pid
    pid=$(running "$2") || return 0
    kill "-$1" "$pid" 2>/dev/null || true
}

is_gone() {
    ! running "$1" >/dev/null
}

# Ends components: all are asked at once, who does not go is killed.
end_all() {
    local name
    for name in "$@"; do
        signal CONT "$name" # a stopped process takes no SIGTERM
        signal TERM "$name"
    done
    for name in "$@"; do
        if ! wait_for 10 "$name" is_gone "$name"; then
            signal KILL "$name"
            wait_for 5 "$name" is_gone "$name" || say "$name does not end"
        fi
        rm -f "$STATE/run/$name.pid"
    done
}

# Everything that was started below STATE, whatever the settings say.
end_everything() {
    local file names=()
    for file in "$STATE"/run/*.pid; do
        [[ -e $file ]] && names+=("$(basename "$file" .pid)")
    done
    # whoever submits or serves first, the orderers last
    mapfile -t names < <(printf '%s\n' "${names[@]}" | sed '/^$/d' | sort)
    [[ ${#names[@]} -eq 0 ]] || end_all "${names[@]}"
}

# Waits until a component listens; tells the end of its log where it ended instead.
wait_listening() {
    local name=$1 number
    number=$(port "$name")
    if ! wait_for 60 "$name" listens_or_gone "$name" "$number" || is_gone "$name"; then
        tail -n 8 "$STATE/logs/$name.log" >&2
        die "$name did not come up (its log: $STATE/logs/$name.log)"
    fi
}

listens_or_gone() {
    port_is_taken "$2" || is_gone "$1"
}
