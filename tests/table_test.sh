#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Usage: table_test.sh BIN_DIR DEMO README [--guest]
#
# Measures the four cells of "guest driver times host" and prints them as the
# table of the README, over vtest or, with --guest, in a guest. Fails if the
# README has another one. A cell is: how many of the three extensions there
# are, whether a picture is drawn, mapped and right, and whether a second
# device can import and draw into it; in a guest also that of another process.
set -euo pipefail

bin=$1 demo=$(realpath "$2") readme=$(realpath "$3") how=vtest title='over vtest'
[[ ${4:-} != --guest ]] || how=guest title='in a guest'
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

"$bin/venus-run" --native "$demo" --native "$dir/reference.raw" >/dev/null

# A stock client whose server has gone may never end.
limit=60

# in_cell OUTPUT COMMAND...: with the options of the cell, ignoring its status.
in_cell() {
    local out=$1
    shift
    if timeout -k 5 "$limit" "$bin/venus-run" "${options[@]}" -- "$@" \
        >"$out" 2>"$dir/err"; then
        echo "status 0" >>"$out"
    fi
}

measure_vtest() {
    in_cell "$dir/exts" "$demo" --list-extensions
    in_cell "$dir/draw" "$demo" --native "$dir/picture.raw"
    in_cell "$dir/share" "$demo" --reference "$dir/reference.raw"
}

# One boot for all. The guest sees the folder that this runs in, read-only.
measure_guest() {
    # shellcheck disable=SC2016 # for the guest's shell
    (cd "$dir" && timeout -k 5 300 "$bin/guest-vm" "${options[@]}" --out "$dir/out" -- bash -c '
        reference=$PWD/reference.raw
        cd /share/out
        timeout 60 "$0" --list-extensions >exts && echo status 0 >>exts
        timeout 60 "$0" --native picture.raw >draw && echo status 0 >>draw
        timeout 60 "$0" --reference "$reference" >share && echo status 0 >>share
        timeout 60 device-share-processes 4 >processes && echo status 0 >>processes
        true' "$demo") >"$dir/err" 2>&1 || {
        # A guest that did not come up is no result.
        cat "$dir/err" >&2
        exit 1
    }
    cp "$dir/out"/{exts,draw,share,processes} "$dir/"
    cp "$dir/out/picture.raw" "$dir/" 2>/dev/null || true
}

# cell OPTIONS...: prints the words of one.
cell() {
    local options=("$@") exts draw=no share=no
    rm -rf "$dir"/{exts,draw,share,processes,picture.raw,out}
    : >"$dir/processes"
    "measure_$how"
    exts=$(grep -c '^extension: .* yes$' "$dir/exts") || true
    if grep -q '^status 0$' "$dir/draw" &&
        cmp -s "$dir/picture.raw" "$dir/reference.raw"; then
        draw=yes
    fi
    if grep -q '^status 0$' "$dir/share"; then
        share=yes
    elif grep -q '^status 0$' "$dir/processes"; then
        share='between processes only'
    fi
    # In a guest both ways have to work; over vtest there is only one.
    if [[ $how == guest && $share == yes ]] &&
        ! grep -q '^status 0$' "$dir/processes"; then
        share='in a process only'
    fi
    echo "$exts of 3 extensions, maps: $draw, shares: $share"
}

stock_stock=$(cell --stock-mesa --no-layer)
stock_layer=$(cell --stock-mesa)
ours_stock=$(cell --no-layer)
ours_layer=$(cell)
{
    echo "| $title | stock virglrenderer | stock virglrenderer + host layer |"
    echo "| --- | --- | --- |"
    echo "| **stock Mesa Venus** | $stock_stock | $stock_layer |"
    echo "| **our guest driver** | $ours_stock | $ours_layer |"
} | tee "$dir/table"

while IFS= read -r line; do
    grep -qxF -- "$line" "$readme" || {
        echo "not in the README: $line"
        exit 1
    }
done <"$dir/table"
