# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034 # variables for the scripts that source this
#
# What every script of bin/ needs: messages, a list of things to undo at exit,
# and long commands run quietly with a sign of life. Knows nothing of Vulkan.

VENUS_SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
VENUS_PROG=${0##*/}

say() { printf '%s\n' "$VENUS_PROG: $*" >&2; }

# Exit status 125 means that the script itself could not do its part, as
# opposed to any status of the program that it runs.
die() {
    say "error: $*"
    exit 125
}

have() { command -v "$1" >/dev/null 2>&1; }

version_ge() { [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n1) == "$2" ]]; }

# Prints the help: the comment block at the top of the script, below its
# licence line.
print_help() {
    awk 'NR > 2 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"
}

# --- things to undo -------------------------------------------------------

VENUS_UNDO=()

# at_exit COMMAND [ARGS]: runs at exit, last registered first.
at_exit() { VENUS_UNDO+=("$(printf '%q ' "$@")"); }

run_undo() {
    local status=$? i
    trap '' INT TERM HUP
    set +e
    for ((i = ${#VENUS_UNDO[@]} - 1; i >= 0; i--)); do
        eval "${VENUS_UNDO[i]}"
    done
    VENUS_UNDO=()
    exit "$status"
}

# To be called once by each script, before it registers anything.
trap_exit() {
    trap run_undo EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

# Ends a process group that this script started (the group's id is the id of
# its first process, which was started under setsid).
stop_group() {
    local pgid=$1 i
    kill -TERM -- "-$pgid" 2>/dev/null || return 0
    # The members exit on their own; a group that is still there after two
    # seconds is not going to.
    for ((i = 0; i < 200; i++)); do
        group_alive "$pgid" || return 0
        sleep 0.01
    done
    kill -KILL -- "-$pgid" 2>/dev/null || true
}

# Whether the group has a member that is not a zombie: an orphan that nobody
# reaps stays in the process table but holds nothing.
group_alive() {
    local pgid=$1 stat rest
    kill -0 -- "-$pgid" 2>/dev/null || return 1
    for stat in /proc/[0-9]*/stat; do
        { read -r rest <"$stat"; } 2>/dev/null || continue
        rest=${rest##*) }
        # shellcheck disable=SC2086 # fields on purpose
        set -- $rest
        [[ ${3:-} == "$pgid" && $1 != Z && $1 != X ]] && return 0
    done
    return 1
}

# --- long commands --------------------------------------------------------

# quietly WHAT COMMAND [ARGS]: runs the command with its output in a log, says
# what is being done, gives a sign of life every ten seconds and, on failure,
# shows the end of the log. VENUS_VERBOSE=1 shows all output instead.
quietly() {
    local what=$1 log start=$SECONDS status=0 pid
    shift
    say "$what ..."
    if [[ -n ${VENUS_VERBOSE:-} ]]; then
        "$@" >&2 || status=$?
        ((status == 0)) || return "$status"
        say "$what: done ($((SECONDS - start)) s)"
        return 0
    fi
    log=$(mktemp "${TMPDIR:-/tmp}/venus-log.XXXXXX")
    if [[ $1 == sudo ]]; then
        # Stays in the foreground: it may have to ask for a password.
        "$@" >"$log" 2>&1 || status=$?
    else
        # A group of its own, so that Ctrl-C can end all of it.
        setsid "$@" </dev/null >"$log" 2>&1 &
        pid=$!
        at_exit rm -f "$log"
        at_exit stop_group "$pid"
        sign_of_life "$pid" "$what" "$log" "$start"
        wait "$pid" || status=$?
        unset 'VENUS_UNDO[-1]' 'VENUS_UNDO[-1]'
    fi
    if ((status != 0)); then
        tail -n 30 "$log" | sed 's/^/  | /' >&2
        say "$what: failed with status $status; all of its output: $log"
        return "$status"
    fi
    rm -f "$log"
    say "$what: done ($((SECONDS - start)) s)"
}

# Returns when the process is gone. Its end is seen within a fifth of a
# second: bash cannot wait for a child and for a clock at the same time.
sign_of_life() {
    local pid=$1 what=$2 log=$3 start=$4 ticks=0
    while [[ -e /proc/$pid ]] && kill -0 "$pid" 2>/dev/null; do
        sleep 0.2
        if ((++ticks % 50 == 0)); then
            say "$what ... $((SECONDS - start)) s:" \
                "$(tail -n1 "$log" | tr -cd '[:print:]' | cut -c1-50)"
        fi
    done
}

# The words in front of a command that must run as root.
root_words() {
    ROOT=()
    ((EUID == 0)) && return 0
    have sudo || die "need root to $1, and there is no sudo here"
    # shellcheck disable=SC2034 # for the caller
    ROOT=(sudo --)
}
