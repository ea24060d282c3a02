# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034 # variables for the script that sources this
#
# Boots a guest and waits for it. Needs common.sh, peers.sh, guest_root.sh.
#
# QEMU runs inside the folder of guest_root.sh, in name spaces of its own: all
# mounts and processes go with the first one, whatever happens to us. What the
# folder sees of the outside:
#
#   /venus/root    the folder again, without what is mounted in it: the guest's
#   /venus/build   the build tree, for the layer
#   /venus/boot    the kernel's folder
#   /venus/run     the directory of this run:
#      share/      the guest's /share: run, mounts, status, and requests
#      log/        console.log (the guest's kernel), qemu.log, xvfb.log
#      screen/     Xvfb's framebuffer

# guest_initramfs KERNEL_DIR ROOT_DIR OUT
guest_initramfs() {
    local kernel=$1 root=$2 out=$3 tmp
    tmp=$out.d
    mkdir -p "$tmp/bin"
    cp "$root/usr/bin/busybox" "$tmp/bin/busybox"
    cp "$VENUS_SRC/bin/lib/guest-init" "$tmp/init"
    cp -r "$kernel/modules" "$tmp/modules"
    # busybox's own cpio: one need less on the host
    (cd "$tmp" && find . | bin/busybox cpio -o -H newc 2>/dev/null) >"$out"
    rm -rf "$tmp"
}

# What runs in the name spaces, as the first process of them. Arguments: the
# folder, the build tree, the kernel's folder, the run directory, the trees
# for the guest as TAG=PATH, --, and QEMU's words.
guest_enter() {
    local root=$1 build=$2 kernel=$3 run=$4 n=0 tree
    shift 4
    set -e
    mount --make-rprivate /
    mount --bind "$root" "$root/venus/root"
    mount --bind "$build" "$root/venus/build"
    mount --bind "$kernel" "$root/venus/boot"
    mount --bind "$run" "$root/venus/run"
    mount -t tmpfs tmp "$root/tmp"
    mkdir "$root/tmp/trees"
    while [[ $1 != -- ]]; do
        tree=$root/tmp/trees/${1%%=*}
        mkdir "$tree"
        mount --bind "${1#*=}" "$tree"
        n=$((n + 1))
        shift
    done
    shift
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    # shellcheck disable=SC2016 # for the inner shell
    exec chroot "$root" /bin/bash -c '
        cd /venus/run
        exec 3>display
        Xvfb -displayfd 3 -screen 0 "$1x24" -fbdir screen -nolisten tcp \
            -nocursor -noreset >log/xvfb.log 2>&1 &
        for ((i = 0; i < 500; i++)); do
            [[ ! -s display ]] || break
            sleep 0.02
        done
        [[ -s display ]] || { echo "Xvfb did not start" >&2; exit 1; }
        export DISPLAY=:$(<display) SDL_VIDEODRIVER=x11 HOME=/tmp
        shift
        exec "$@"' guest-enter "$SCREEN" "$@"
}

# guest_geometry: sets SCREEN, Xvfb's size, and WINDOW, the place of the
# guest's screen on it. QEMU opens a window of 640x480 in the middle, and makes
# it larger to the right and below when it knows the guest's mode; there is no
# window manager to move it.
guest_geometry() {
    local width=${GUEST_SIZE%x*} height=${GUEST_SIZE#*x} w h
    w=$((width > 640 ? 2 * width - 640 : 640))
    h=$((height > 480 ? 2 * height - 480 : 480))
    SCREEN=${w}x$h
    WINDOW=$GUEST_SIZE+$(((w - 640) / 2))+$(((h - 480) / 2))
}

# The host side of the layer: as a user installs it, implicit, and asked for
# with a variable.
guest_layer_words() {
    local dir=$1
    mkdir -p "$dir/host/vulkan/implicit_layer.d"
    sed "s|\"library_path\": *\"[^\"]*\"|\"library_path\": \"/venus/build/src/layer/libVkLayer_VENUS_shm.so\"|" \
        "$BUILD_LAYER_JSON" \
        >"$dir/host/vulkan/implicit_layer.d/VkLayer_VENUS_shm.json"
    GUEST_HOST_ENV+=(ENABLE_VENUS_SHM_LAYER=1
        "XDG_DATA_DIRS=/venus/run/host:/usr/share")
}

# guest_watch RUN: removes the directory even if this shell is killed and cannot.
# The watcher reads a pipe that ends with the last process that has it open,
# which must be this one.
guest_watch() {
    # shellcheck disable=SC2016 # for the inner shell
    exec {GUEST_ALIVE}> >(exec setsid bash -c '
        trap "" HUP INT TERM
        cat >/dev/null
        rm -rf --one-file-system "$1"' venus-guest-watch "$1" >/dev/null 2>&1)
}

# guest_keep RUN: the logs, and what the guest handed back.
guest_keep() { cp -r "$1/log/." "$1/share/out/." "$GUEST_OUT/"; }

# guest_start RUN: starts QEMU. Reads what bin/guest-vm has parsed:
# GUEST_SUITE, GUEST_KERNEL, GUEST_SIZE (WxH), GUEST_MEMORY, GUEST_TREES,
# GUEST_HOST_ENV. Sets GUEST_PID.
guest_start() {
    local run=$1 root kernel tree tag n=0 words trees=()
    root=$(guest_root_dir "$GUEST_SUITE")
    kernel=$(guest_kernel_dir "$GUEST_KERNEL")
    guest_geometry
    mkdir -p "$run/screen"
    guest_initramfs "$kernel" "$root" "$run/initramfs"
    # On a busy machine an emulated one cannot tell its time from a counter
    # that it has to calibrate: it takes the HPET, checks no timer by another,
    # and nobody asks how long anything takes.
    local append="console=ttyS0 panic=-1 quiet loglevel=5 no_timer_check"
    append+=" tsc=unstable clocksource=hpet nowatchdog rcupdate.rcu_cpu_stall_suppress=1"
    append+=" mitigations=off"
    # shellcheck disable=SC2054 # the commas are QEMU's
    words=(
        env "${GUEST_HOST_ENV[@]}"
        VK_DRIVER_FILES=/usr/share/vulkan/icd.d/lvp_icd.json
        LIBGL_ALWAYS_SOFTWARE=1
        qemu-system-x86_64 -M q35 -accel tcg,thread=multi -cpu max
        -smp 2 -m "$GUEST_MEMORY" -nodefaults -vga none -no-reboot
        -kernel /venus/boot/vmlinuz -initrd /venus/run/initramfs
        -append "$append"
        -device "virtio-gpu-gl-pci,hostmem=512M,blob=on,venus=on,xres=${GUEST_SIZE%x*},yres=${GUEST_SIZE#*x}"
        -display "sdl,gl=on,show-cursor=off"
        -chardev "file,id=console,path=/venus/run/log/console.log"
        -serial chardev:console
        -device virtio-serial-pci
        -chardev "stdio,id=terminal,signal=off"
        -device virtconsole,chardev=terminal
        -d guest_errors -D /venus/run/log/guest_errors.log
        -fsdev "local,id=root,path=/venus/root,security_model=none,readonly=on"
        -device virtio-9p-pci,fsdev=root,mount_tag=root
        -fsdev "local,id=share,path=/venus/run/share,security_model=none"
        -device virtio-9p-pci,fsdev=share,mount_tag=share
    )
    : >"$run/share/mounts"
    for tree in "${GUEST_TREES[@]}"; do
        tag=tree$n
        n=$((n + 1))
        echo "$tag $tree" >>"$run/share/mounts"
        trees+=("$tag=$tree")
        words+=(-fsdev "local,id=$tag,path=/tmp/trees/$tag,security_model=none,readonly=on"
            -device "virtio-9p-pci,fsdev=$tag,mount_tag=$tag")
    done
    local as_root=(-r)
    ((EUID)) || as_root=()
    export -f guest_enter
    export SCREEN
    # If we are killed, unshare goes with us, and all the rest with unshare.
    setpriv --pdeathsig KILL \
        unshare "${as_root[@]}" -m -p -f --kill-child=KILL -- \
        bash -c 'guest_enter "$@"' guest-enter \
        "$root" "$BUILD_DIR" "$kernel" "$run" \
        "${trees[@]}" -- "${words[@]}" 2>"$run/log/qemu.log" <&0 {GUEST_ALIVE}>&- &
    GUEST_PID=$!
    at_exit guest_stop
}

guest_stop() {
    [[ -n ${GUEST_PID:-} ]] || return 0
    kill -KILL "$GUEST_PID" 2>/dev/null || true
    wait "$GUEST_PID" 2>/dev/null || true
    GUEST_PID=''
}

# guest_wait RUN SECONDS: until the machine is off, serving what the guest
# asks for. Sets GUEST_STATUS: that of the command, 124 after so many seconds,
# 125 if the guest never came to it.
guest_wait() {
    local run=$1 end=$((SECONDS + $2))
    GUEST_STATUS=
    while [[ -e /proc/$GUEST_PID ]] && kill -0 "$GUEST_PID" 2>/dev/null; do
        if ((SECONDS >= end)); then
            say "the guest runs for more than $2 s"
            GUEST_STATUS=124
            guest_stop
            return 0
        fi
        guest_serve_shot "$run"
        guest_serve_counts "$run"
        sleep 0.1
    done
    wait "$GUEST_PID" 2>/dev/null || true
    GUEST_PID=''
    if [[ -s $run/share/status ]]; then
        GUEST_STATUS=$(<"$run/share/status")
    else
        GUEST_STATUS=125
        say "the guest ended without a word; the ends of its logs:"
        { tail -n 15 "$run"/log/*.log || true; } | sed 's/^/  | /' >&2
    fi
}

# The guest's guest-screenshot left a request: a line with the file to write
# and one with a picture to wait for, or nothing.
guest_serve_shot() {
    local run=$1 file reference status=0
    [[ -e $run/share/shot.request ]] || return 0
    {
        IFS= read -r file
        IFS= read -r reference || reference=
    } <"$run/share/shot.request"
    rm -f "$run/share/shot.request"
    guest_shot "$run" "$file" "$reference" || status=$?
    echo "$status" >"$run/share/shot.new"
    mv "$run/share/shot.new" "$run/share/shot.done"
}

# guest_shot RUN FILE [REFERENCE]: writes the screen as PNG. With a picture to
# compare with, it looks until they are the same, for ten seconds: the display
# may be some frames behind the guest.
guest_shot() {
    local run=$1 file=$2 reference=${3:-} i status=1
    local shot=$BUILD_DIR/src/tri/guest-shot
    [[ $file == /* ]] || file=$GUEST_OUT/$file
    [[ -z $reference || $reference == /* ]] || reference=$GUEST_OUT/$reference
    for ((i = 0; i < 50; i++)); do
        status=0
        "$shot" "$run/screen/Xvfb_screen0" "$WINDOW" "$file" \
            ${reference:+"$reference"} >"$run/share/shot.log" 2>&1 ||
            status=$?
        # 1: not the same yet
        ((status == 1)) || break
        sleep 0.2
    done
    return "$status"
}

# The guest's guest-host-counts left a request.
guest_serve_counts() {
    local run=$1
    [[ -e $run/share/counts.request ]] || return 0
    rm -f "$run/share/counts.request"
    guest_counts "$GUEST_PID" >"$run/share/counts.new"
    mv "$run/share/counts.new" "$run/share/counts.done"
}

# guest_counts PID: a line "NAME fds N maps N" for each process below, the
# lowest id first. Only what stands for memory and messages: mappings of a
# file, and fds that are no plain file (QEMU opens those of the guest's 9p).
guest_counts() {
    local -A parents=()
    local stat rest pid at
    for stat in /proc/[0-9]*/stat; do
        { read -r rest <"$stat"; } 2>/dev/null || continue
        pid=${stat#/proc/} rest=${rest##*) }
        # shellcheck disable=SC2086 # fields on purpose
        set -- "$1" $rest
        parents[${pid%/stat}]=$3
    done
    for pid in $(printf '%s\n' "${!parents[@]}" | sort -n); do
        at=$pid
        while [[ -n ${parents[$at]:-} && $at != "$1" ]]; do
            at=${parents[$at]}
        done
        [[ $at == "$1" && $pid != "$1" ]] || continue
        {
            printf '%s fds %s maps %s\n' "$(tr ' ' _ <"/proc/$pid/comm")" \
                "$(find "/proc/$pid/fd" -type l -printf '%l\n' |
                    grep -c -v -E '^/($|[^md]|m[^e]|d[^em])')" \
                "$(grep -c -E '^[^ ]+ [^ ]+ [^ ]+ [^ ]+ [1-9]' "/proc/$pid/maps")"
        } 2>/dev/null || true
    done
}
