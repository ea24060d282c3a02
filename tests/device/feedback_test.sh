#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Usage: feedback_test.sh VENUS_RUN DEVICE_PROGRAM
#
# Asking for the state of events and queries, and waiting for idle queues, must
# not cost answers of the renderer: a program that asks 500 times waits for as
# many as one that asks once.
set -euo pipefail

# answers N: of a run that asks N times.
answers() {
    local out
    out=$(VN_DEBUG=stats "$venus_run" -- "$program" poll "$1" 2>&1) || {
        echo "$out" >&2
        return 1
    }
    sed -n 's/.*venus: stats:.* answers=\([0-9]*\).*/\1/p' <<<"$out"
}

venus_run=$1 program=$2
once=$(answers 1)
often=$(answers 500)
echo "answers: $once for one question, $often for 500"
[[ -n $once && $once -gt 0 && $once == "$often" ]]
