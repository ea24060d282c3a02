#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Usage: bench_test.sh BENCH
#
# bin/bench runs to the end on all stacks, and its JSON is complete: every
# measure that the issue of the bench names, with a number for every stack
# that can do it. How large a number is, is not tested.
set -euo pipefail

bench=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

"$bench" --help | grep -q -- '--json FILE'
"$bench" --quick --json "$dir/bench.json" >"$dir/table"
grep -q 'ours/stock' "$dir/table"

python3 - "$dir/bench.json" <<'EOF'
import json
import sys

everywhere = """
start-instance-and-device
allocate-map-free-4KiB allocate-map-free-64KiB allocate-map-free-1MiB
allocate-map-64-then-free-64KiB
create-bind-buffer create-image-ask-requirements query-image-format
update-descriptor update-16-descriptors update-16-descriptors-by-template
record-draw-small-state record-draw-large-state
submit-fence-round-trip idle-vkDeviceWaitIdle idle-vkQueueWaitIdle
create-pipeline-call create-pipeline-cold-and-draw
create-pipeline-cached-and-draw
frame-of-100-draws frame-messages-sent frame-messages-received frame-sleeps
frame-yields frame-wake-ups frame-wake-ups-of-renderer
share-allocate-free-1MiB share-export-fd
""".split()
# stock Mesa has no import over vtest
wanted = {name: {'native', 'layer', 'stock', 'ours'} for name in everywhere}
wanted['share-import-free-1MiB'] = {'native', 'layer', 'ours'}
# only our driver counts them
wanted['frame-ring-round-trips'] = {'ours'}
# nor a swapchain
for road in ('direct', 'copy'):
    for mode in ('fifo', 'mailbox'):
        for what in ('present', 'present-cpu'):
            wanted[f'{what}-{road}-{mode}'] = {'native', 'layer', 'ours'}
    for what in ('present', 'present-cpu'):
        wanted[f'{what}-{road}-immediate'] = {'ours'}  # the native one lacks it
wanted['present-copy-damage'] = {'native', 'layer', 'ours'}

report = json.load(open(sys.argv[1]))
faults = []
for key in 'cpu', 'processors', 'kernel', 'load', 'peers':
    if not report['machine'].get(key):
        faults.append(f'nothing about the machine: {key}')
for name, stacks in wanted.items():
    entry = report['measures'].get(name)
    if not entry:
        faults.append(f'not measured: {name}')
        continue
    for stack in stacks:
        value = entry['medians'].get(stack)
        if value is None or value < 0 or (entry['unit'] == 'us' and not value):
            faults.append(f'{name}: {stack} is {value}')
        if not entry['rounds'].get(stack):
            faults.append(f'{name}: no rounds of {stack}')
    if entry['unit'] == 'us':
        need = set()
        if 'native' in stacks:
            need |= {'ours_to_native', 'layer_to_native'}
        if 'stock' in stacks:
            need.add('ours_to_stock')
        for ratio in need - entry['ratios'].keys():
            faults.append(f'{name}: no {ratio}')
for name in report['measures'].keys() - wanted.keys():
    faults.append(f'measured, but not in this list: {name}')

# counting works: drivers that talk over a socket are seen to do so
for stack in 'stock', 'ours':
    if not report['measures']['frame-wake-ups-of-renderer']['medians'][stack]:
        faults.append(f'the renderer of {stack} never woke up')
print('\n'.join(faults))
sys.exit(bool(faults))
EOF

# A filter that matches nothing is an error, as is an unknown word.
if "$bench" --quick --filter 'no-such-*' >"$dir/out" 2>&1; then
    echo "a filter without a match went through"
    exit 1
fi
if "$bench" --quick --rounds x >"$dir/out" 2>&1; then
    echo "--rounds x went through"
    exit 1
fi
