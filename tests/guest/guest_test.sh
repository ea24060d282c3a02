#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Usage: guest_test.sh BIN_DIR LIST [OPTIONS OF guest-vm]
#
# Boots one guest, runs the programs of a list in it, and reports each of them
# in the Test Anything Protocol, with two more results of the host's side: that
# nothing was wrong in the guest's kernel log, and nothing in what the host's
# QEMU, renderer and layer said. A list may begin with lines
# "#kernel-may: REGEX" and "#host-may: REGEX" for what is expected there.
set -euo pipefail

bin=$1 list=$(realpath "$2") here=$(cd "$(dirname "$0")" && pwd)
shift 2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
pid=
# guest-vm ends its own processes.
trap '[[ -z $pid ]] || { kill "$pid"; wait "$pid"; } 2>/dev/null; exit 143' TERM INT HUP

wanted=$(grep -c -E '^[^#].*: ' "$list")
echo "TAP version 13"
echo "1..$((wanted + 2))"

# What the screen has to show, by the host's driver alone.
if grep -q 'reference.png' "$list"; then
    "$bin/venus-run" --native -- "$VENUS_BUILD_DIR/src/tri/test_tri" \
        --reference "$dir/reference.png" >"$dir/reference.log" 2>&1 || {
        sed 's/^/# /' "$dir/reference.log"
        echo "Bail out! no picture to compare the screen with"
        exit 1
    }
fi

if grep -q 'pattern.png' "$list"; then
    size=$(printf '%s\n' "$@" | sed -n '/^--size$/{n;p}')
    "$VENUS_BUILD_DIR/tests/device/device-wsi-display" \
        --reference "$dir/pattern.png" "${size:-1280x800}"
fi

"$bin/guest-vm" --out "$dir" --timeout 1500 "$@" -- \
    bash "$here/guest_suite.sh" "$list" >"$dir/guest.txt" 2>"$dir/guest-vm.log" &
pid=$!
# Line by line, as they come: a person may be watching.
tail --pid="$pid" -n +1 -F "$dir/guest.txt" 2>/dev/null | sed -u 's/\r//' |
    grep --line-buffered -E '^(ok|not ok|#)' || true
wait "$pid" || true
pid=
done=$(grep -c -E '^(ok|not ok) ' "$dir/guest.txt" || true)

# What did not come to its turn has failed.
for ((n = done + 1; n <= wanted; n++)); do
    echo "not ok $n $(grep -E '^[^#].*: ' "$list" | sed -n "${n}s/: .*//p"): the guest was gone"
done
if ((done < wanted)); then
    tail -n 30 "$dir/guest-vm.log" | sed 's/^/# /'
fi

# silent NUMBER WHAT KEY PATTERN FILE...
silent() {
    local n=$1 what=$2 may pattern=$4
    may=$(sed -n "s/^#$3: //p" "$list" | paste -sd'|')
    shift 4
    cat "$@" 2>/dev/null | sed -u 's/\r//' |
        sed '/guest-suite: the end/,$d' >"$dir/said" || true
    if [[ -n $may ]]; then
        grep -v -E "$may" "$dir/said" >"$dir/said.new" || true
        mv "$dir/said.new" "$dir/said"
    fi
    grep -E "$pattern" "$dir/said" >"$dir/wrong" || true
    if [[ ! -s $dir/wrong && -e $1 ]]; then
        echo "ok $n $what"
    else
        echo "not ok $n $what"
        head -n 20 "$dir/wrong" | sed 's/^/# /'
    fi
}
# virtio-gpu reports what the host refused by *ERROR*.
silent $((wanted + 1)) "kernel log" kernel-may \
    '\*ERROR\*|WARNING:|BUG:|Oops|Call Trace|segfault|did not load|hung task' \
    "$dir/console.log"
# The renderer also remarks on clients that end before it has caught up.
silent $((wanted + 2)) "log of QEMU, renderer and layer" host-may \
    '[Ee]rror|[Ff]ail|[Ii]nvalid|[Uu]nknown|abort|assert|[Cc]annot' \
    "$dir/qemu.log" "$dir/guest_errors.log"
if [[ -n ${VENUS_GUEST_KEEP:-} ]]; then
    mkdir -p "$VENUS_GUEST_KEEP"
    cp -r "$dir/." "$VENUS_GUEST_KEEP/"
fi
# The lines say the rest.
exit 0
