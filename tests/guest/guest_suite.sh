#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Usage: guest_suite.sh LIST
#
# Inside a guest: runs the programs of a list, one after the other, and reports
# each as a line of the Test Anything Protocol. A line of the list is
# "name: command"; the command is a shell's. Status 77 is a skipped test.
# What a failing one said follows as comments.
set -u

# A bound for what hangs: software emulation of a CPU is slow.
limit=300
n=0 failed=0
out=$(mktemp)
while IFS= read -r line <&3; do
    [[ -n $line && $line != '#'* ]] || continue
    name=${line%%: *} command=${line#*: }
    n=$((n + 1)) status=0 start=$SECONDS
    timeout -k 5 "$limit" bash -c "$command" >"$out" 2>&1 </dev/null || status=$?
    case $status in
    0) echo "ok $n $name ($((SECONDS - start)) s)" ;;
    77) echo "ok $n $name # SKIP $(tail -n1 "$out")" ;;
    *)
        echo "not ok $n $name: status $status ($((SECONDS - start)) s)"
        failed=$((failed + 1))
        tail -n 25 "$out" | sed 's/^/# /'
        ;;
    esac
done 3<"$1"
# What the kernel says when the machine is switched off is not ours.
echo "<3>guest-suite: the end" >/dev/kmsg
echo "guest: $n run, $failed failed"
((failed == 0))
