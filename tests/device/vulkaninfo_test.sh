#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Usage: vulkaninfo_test.sh VENUS_RUN
#
# The distribution's vulkaninfo, long and short, runs to its end on our driver
# and names it; it says nothing of errors.
set -euo pipefail

venus_run=$1
out=$(mktemp -d "${TMPDIR:-/tmp}/venus-vulkaninfo.XXXXXX")
trap 'rm -rf "$out"' EXIT
failed=0

fail() {
    echo "$*" >&2
    failed=1
}

for option in '' --summary; do
    name=vulkaninfo$option
    status=0
    # Headless: what a display server says is tested elsewhere.
    # shellcheck disable=SC2086 # no word for no option
    env -u DISPLAY -u WAYLAND_DISPLAY "$venus_run" -- vulkaninfo $option \
        >"$out/$name" 2>"$out/$name.err" </dev/null || status=$?
    ((status == 0)) || fail "$name: exit status $status"
    if grep -hE 'ERROR|VK_ERROR_[A-Z_]+$|[Ff]ailed|assert' "$out/$name" "$out/$name.err"; then
        fail "$name: complains"
    fi
    grep -q 'driverName *= venus$' "$out/$name" || fail "$name: no driver name"
    grep -q 'deviceName *= Virtio-GPU Venus (' "$out/$name" || fail "$name: no device name"
    if ((failed)); then
        tail -n 20 "$out/$name.err" >&2
        tail -n 20 "$out/$name" >&2
    fi
done
# the last thing that the long form prints of a device
grep -q '^VkPhysicalDevice.*Features' "$out/vulkaninfo" || fail "vulkaninfo: stopped early"
for extension in VK_KHR_external_memory_fd VK_EXT_external_memory_dma_buf \
    VK_EXT_image_drm_format_modifier VK_EXT_queue_family_foreign \
    VK_KHR_surface VK_EXT_headless_surface VK_KHR_swapchain VK_KHR_present_wait; do
    grep -q "$extension" "$out/vulkaninfo" || fail "vulkaninfo: no $extension"
done
exit "$failed"
