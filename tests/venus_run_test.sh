#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Usage: venus_run_test.sh VENUS_RUN MISUSE
#
# bin/venus-run on stock parts alone: that it hands the program's status on,
# sets what it promises, notices what the validation layer says, and leaves
# nothing behind, however it ends.
set -euo pipefail

venus_run=$1 misuse=$2
failures=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TMPDIR=$dir

# expect WANTED WHAT COMMAND...: runs it, compares the exit status.
expect() {
    local wanted=$1 what=$2 status=0
    shift 2
    "$@" >"$dir/out" 2>&1 || status=$?
    if ((status != wanted)); then
        echo "$what: status $status, expected $wanted"
        sed 's/^/  | /' "$dir/out"
        failures=$((failures + 1))
    fi
}

# Nothing may be left in the temporary folder, and no process that has its
# name in its command line.
expect_clean() {
    local what=$1 pid
    if compgen -G "$dir/venus-run.*" >/dev/null; then
        echo "$what: left $(echo "$dir"/venus-run.*)"
        failures=$((failures + 1))
    fi
    for pid in /proc/[0-9]*; do
        if tr '\0' ' ' 2>/dev/null <"$pid/cmdline" | grep -q "$dir/venus-run"; then
            echo "$what: left process ${pid##*/}"
            failures=$((failures + 1))
        fi
    done
}

stock=(--stock-mesa --no-layer)
expect 0 "a program that succeeds" "$venus_run" "${stock[@]}" true
expect_clean "after success"
expect 1 "a program that fails" "$venus_run" "${stock[@]}" false
expect_clean "after failure"
expect 125 "a program that is not there" "$venus_run" "${stock[@]}" ./no-such-program
expect_clean "after no program"
expect 125 "an unknown option" "$venus_run" --no-such-option true

expect 0 "stock Mesa Venus" "$venus_run" "${stock[@]}" vulkaninfo --summary
grep -q 'driverID .*MESA_VENUS' "$dir/out" || {
    echo "stock Mesa Venus: vulkaninfo shows another driver"
    failures=$((failures + 1))
}
expect 0 "the host's driver" "$venus_run" --native vulkaninfo --summary
grep -q 'driverID .*LLVMPIPE' "$dir/out" || {
    echo "the host's driver: vulkaninfo shows another one"
    failures=$((failures + 1))
}

expect 0 "the environment" "$venus_run" "${stock[@]}" env
for v in VENUS_SERVER_PID VTEST_SOCKET_NAME VK_DRIVER_FILES VK_ICD_FILENAMES; do
    grep -q "^$v=." "$dir/out" || {
        echo "the environment: no $v"
        failures=$((failures + 1))
    }
done
! grep -q '^ENABLE_VENUS_SHM_LAYER' "$dir/out" || {
    echo "the environment: the host layer is enabled for the client"
    failures=$((failures + 1))
}

expect 0 "a mistake, unwatched" "$venus_run" --native "$misuse"
expect 1 "a mistake under --validate" "$venus_run" --native --validate "$misuse"
grep -q VUID- "$dir/out" || {
    echo "a mistake under --validate: nothing about it in the output"
    failures=$((failures + 1))
}
expect 0 "no mistake under --validate" "$venus_run" --native --validate \
    vulkaninfo --summary

# A TERM in the middle ends the program and the server.
"$venus_run" "${stock[@]}" sleep 1000 &
pid=$!
for ((i = 0; i < 1000; i++)); do
    compgen -G "$dir/venus-run.*/vtest.sock" >/dev/null && break
    sleep 0.01
done
kill -TERM "$pid"
status=0
wait "$pid" || status=$?
if ((status != 143)); then
    echo "ended by TERM: status $status, expected 143"
    failures=$((failures + 1))
fi
expect_clean "after TERM"

((failures == 0))
