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
    # No surface: what a display server says is not ours to test.
    # shellcheck disable=SC2086 # no word for no option
    env -u DISPLAY -u WAYLAND_DISPLAY "$venus_run" -- vulkaninfo $option \
        >"$out/$name" 2>"$out/$name.err" </dev/null || status=$?
    ((status == 0)) || fail "$name: exit status $status"
    # It tries a device with VK_KHR_swapchain first, and does without: the
    # loader's word about that is all it may say.
    if grep -hE 'ERROR|VK_ERROR_[A-Z_]+$|[Ff]ailed|assert' "$out/$name" "$out/$name.err" |
        grep -vE 'Device extension VK_KHR_swapchain not supported|vkCreateDevice: Failed to validate extensions in list'; then
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
    VK_EXT_image_drm_format_modifier VK_EXT_queue_family_foreign; do
    grep -q "$extension" "$out/vulkaninfo" || fail "vulkaninfo: no $extension"
done
exit "$failed"
