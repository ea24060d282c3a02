#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Usage: stack_test.sh VENUS_RUN DEMO BENCH CELL
#
# One cell of the table "guest driver times host": stock-on-layer,
# ours-on-layer or ours-on-stock. (stock-on-stock is what bin/demo shows as the
# column to compare with.) Each cell draws, maps and reads, and shows exactly
# the extensions that it should.
set -euo pipefail

venus_run=$1 demo=$2 bench=$3 cell=$4
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0

fail() {
    echo "$cell: $*"
    failures=$((failures + 1))
}

# expect WHAT COMMAND...: the command must succeed.
expect() {
    local what=$1 status=0
    shift
    "$@" >"$dir/out" 2>&1 || status=$?
    if ((status)); then
        fail "$what: status $status"
        sed 's/^/  | /' "$dir/out"
    fi
}

# expect_extensions COMMAND...: all three are as wanted.
expect_extensions() {
    local count
    expect "list of extensions" "$@" "$demo" --list-extensions
    count=$(grep -c "^extension: .* $wanted\$" "$dir/out") || true
    ((count == 3)) || {
        fail "$count of 3 extensions are '$wanted'"
        sed 's/^/  | /' "$dir/out"
    }
}

expect "native picture" "$venus_run" --native "$demo" --native "$dir/reference.raw"

case $cell in
stock-on-layer)
    run=("$venus_run" --stock-mesa) wanted=yes driver=Mesa
    ;;
ours-on-layer)
    run=("$venus_run" --validate) wanted=yes driver=venus-dmabuf
    ;;
ours-on-stock)
    run=("$venus_run" --validate --no-layer) wanted=no driver=venus-dmabuf
    ;;
*)
    echo "unknown cell $cell"
    exit 1
    ;;
esac

expect_extensions "${run[@]}"
expect "vulkaninfo --summary" "${run[@]}" vulkaninfo --summary
grep -q "driverInfo .*$driver" "$dir/out" || {
    fail "the driver is not the wanted one ($driver)"
    sed 's/^/  | /' "$dir/out"
}
expect "vulkaninfo" "${run[@]}" vulkaninfo

case $cell in
*-on-layer)
    expect "picture" "${run[@]}" "$demo" --native "$dir/picture.raw"
    cmp "$dir/reference.raw" "$dir/picture.raw" || fail "the picture differs"
    # Stock Mesa dies in an import over vtest.
    measures='*'
    [[ $cell != stock-* ]] || measures='[!s]*'
    expect "the operations of the bench" \
        "${run[@]}" "$bench" --quick --filter "$measures"
    ;;
esac

case $cell in
ours-on-layer)
    # VENUS_SERVER_PID is the inner shell's: venus-run sets it.
    # shellcheck disable=SC2016
    expect "sharing" "${run[@]}" env VN_DEBUG=vtest,stats sh -c '
        exec "$0" --reference "$1" --server-pid "$VENUS_SERVER_PID" \
            --require-stats' "$demo" "$dir/reference.raw"
    expect "cost of an import" "${run[@]}" "$demo" --import-cost
    ;;
ours-on-stock)
    # Refused with a message, not with a crash.
    status=0
    "${run[@]}" "$demo" >"$dir/out" 2>&1 || status=$?
    ((status == 1)) || fail "sharing without the layer: status $status, expected 1"
    grep -q 'lacks VK_' "$dir/out" || {
        fail "sharing without the layer: no word about what is missing"
        sed 's/^/  | /' "$dir/out"
    }
    ;;
esac

((failures == 0))
