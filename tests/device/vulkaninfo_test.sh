#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Usage: vulkaninfo_test.sh VENUS_RUN PLATFORMS
#
# The distribution's vulkaninfo, long and short, runs to its end on our driver
# and names it; it says nothing of errors. On an X server it shows the surfaces
# of the platforms that the build has (words with commas in between).
set -euo pipefail

venus_run=$1 platforms=$2
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

[[ ,$platforms, == *,xcb,* ]] || exit "$failed"
# It says on which display it is when it listens.
mkfifo "$out/number"
Xvfb -displayfd 9 -screen 0 640x480x24 -nolisten tcp 9>"$out/number" 2>"$out/xvfb.err" &
trap 'kill '$!'; rm -rf "$out"' EXIT
read -r -t 60 number <"$out/number" || fail "Xvfb does not start: $(tail -n 5 "$out/xvfb.err")"
status=0
env -u WAYLAND_DISPLAY DISPLAY=":$number" "$venus_run" -- vulkaninfo \
    >"$out/surfaces" 2>"$out/surfaces.err" </dev/null || status=$?
((status == 0)) || fail "vulkaninfo on an X server: exit status $status"
if grep -hE 'ERROR|VK_ERROR_[A-Z_]+$|[Ff]ailed|assert' "$out/surfaces" "$out/surfaces.err"; then
    fail "vulkaninfo on an X server: complains"
fi
sed -n '/^Presentable Surfaces:/,/Present Modes/p' "$out/surfaces" >"$out/list"
for name in xcb xlib; do
    [[ ,$platforms, != *,$name,* ]] || grep -q "VK_KHR_${name}_surface" "$out/list" ||
        fail "vulkaninfo: no $name surface"
done
grep -q 'FORMAT_B8G8R8A8_UNORM' "$out/list" || fail "vulkaninfo: a surface without formats"
exit "$failed"
