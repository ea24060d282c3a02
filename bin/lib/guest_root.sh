# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034 # variables for the scripts that source this
#
# What a virtual machine is made of, fetched once into
# ~/.cache/venus-dmabuf: one folder of Debian packages that holds QEMU and the
# stock renderer for the host's side and is the guest's read-only root at the
# same time, and kernels with the few modules that a guest needs. Needs
# common.sh and peers.sh.

GUEST_SUITES=(trixie forky)
GUEST_CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/venus-dmabuf

GUEST_PACKAGES=(
    # the host's side
    qemu-system-x86 qemu-system-modules-opengl qemu-system-gui seabios
    virgl-server xvfb
    # both sides
    bash coreutils grep sed util-linux
    mesa-vulkan-drivers libgl1-mesa-dri libegl1 libegl-mesa0 libgles2
    libgbm1 libvulkan1 libpng16-16t64 libstdc++6
    # the guest's side
    busybox-static vulkan-tools vulkan-validationlayers libdrm-tests
    libdrm2 libwayland-client0 libxcb1
    sway grim
)

# In the order of their needs; those that a kernel has built in are skipped.
GUEST_MODULES=(virtio_pci virtio_console 9p 9pnet_virtio virtio_gpu)

# The Debian suites that have a kernel of that name.
guest_kernel_suite() {
    case $1 in
    6.1) echo bookworm ;;
    6.12) echo trixie ;;
    newest) echo trixie-backports ;;
    *) die "--kernel must be 6.1, 6.12 or newest, not '$1' (see --help)" ;;
    esac
}

guest_root_dir() { echo "$GUEST_CACHE/guest-$1"; }
guest_kernel_dir() { echo "$GUEST_CACHE/guest-kernel-$1"; }

guest_root_ok() {
    local root
    root=$(guest_root_dir "$1")
    [[ -e $root/usr/bin/qemu-system-x86_64 && -e $root/usr/bin/Xvfb &&
        -e $root/usr/bin/busybox && -e $root/usr/bin/sway &&
        -e $root/usr/bin/sh && -d $root/venus ]]
}
guest_kernel_ok() { [[ -e $(guest_kernel_dir "$1")/vmlinuz ]]; }

# guest_lock NAME: only one process makes a thing at a time.
guest_lock() {
    mkdir -p "$GUEST_CACHE" || die "cannot create $GUEST_CACHE"
    exec {GUEST_LOCK}>"$GUEST_CACHE/$1.lock"
    if ! flock -n "$GUEST_LOCK"; then
        say "waiting for another process that fills $GUEST_CACHE/$1"
        flock "$GUEST_LOCK"
    fi
}
guest_unlock() { exec {GUEST_LOCK}>&-; }

guest_mirror() {
    peers_mirror ||
        die "apt knows no Debian mirror; name one in VENUS_PEERS_MIRROR"
}

# guest_root_make SUITE: trixie gets what trixie-backports has newer: the
# display of a blob needs QEMU and Mesa of 2026.
guest_root_make() {
    local suite=$1 dir tmp mirror
    guest_root_ok "$suite" && return 0
    have mmdebstrap || die "mmdebstrap is not installed"
    dir=$(guest_root_dir "$suite")
    mirror=$(guest_mirror) || exit
    guest_lock "guest-$suite"
    if ! guest_root_ok "$suite"; then
        rm -rf --one-file-system "$dir" "$dir".new.??????
        tmp=$(mktemp -d "$dir.new.XXXXXX")
        at_exit rm -rf --one-file-system "$tmp"
        PEERS_SUITE=$suite peers_apt_options >"$tmp/apt.conf"
        echo "deb $mirror $suite main" >"$tmp/sources.list"
        if [[ $suite == trixie ]]; then
            echo "deb $mirror trixie-backports main" >>"$tmp/sources.list"
            echo 'APT::Default-Release "trixie-backports";' >>"$tmp/apt.conf"
        fi
        quietly "fetching QEMU and a guest's root (Debian $suite)" \
            mmdebstrap --variant=extract --mode="$(peers_mode)" \
            --aptopt="$tmp/apt.conf" \
            --include="$(IFS=,; echo "${GUEST_PACKAGES[*]}")" \
            "$suite" "$tmp/root" "$tmp/sources.list" ||
            die "could not fill $dir from apt's mirror." \
                "If a key is missing, upgrade debian-archive-keyring"
        rm -rf "$tmp/root/var/cache/apt" "$tmp/root/var/lib/apt/lists" \
            "$tmp/root/usr/share/doc" "$tmp/root/usr/share/locale"
        # Xvfb runs its keymap compiler with a shell.
        [[ -e $tmp/root/usr/bin/sh ]] || ln -s bash "$tmp/root/usr/bin/sh"
        # Where things are mounted for a run; see guest_boot.sh.
        mkdir -p "$tmp/root/venus"/{root,build,run,boot}
        chmod 755 "$tmp/root"
        mv -T "$tmp/root" "$dir"
        rm -rf "$tmp"
    fi
    guest_unlock
    guest_root_ok "$suite" || die "$dir lacks a program after being filled"
}

# guest_apt DIR SUITE: words of an apt that knows the suite and nothing else.
guest_apt() {
    local dir=$1
    mkdir -p "$dir"/{lists/partial,cache/archives/partial}
    GUEST_APT=(
        -o "Dir::Etc::SourceList=$dir/sources.list" -o Dir::Etc::SourceParts=-
        -o "Dir::State::Lists=$dir/lists" -o "Dir::Cache=$dir/cache"
        -o "APT::Sandbox::User=$(id -un)"
        -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false
    )
    echo "deb $(guest_mirror) $2 main" >"$dir/sources.list"
}

# The package that linux-image-amd64 stands for now, which has a version in its
# name.
guest_kernel_package() {
    apt-cache "${GUEST_APT[@]}" depends linux-image-amd64 |
        sed -n 's/^ *Depends: *\(linux-image-[0-9][^ ]*\).*/\1/p' | tail -n1
}

# guest_kernel_parts PACKAGE: newer kernels are split, and that package is empty.
guest_kernel_parts() {
    local version=${1#linux-image-}
    echo "$1"
    apt-cache "${GUEST_APT[@]}" depends "$1" |
        awk -v v="$version" '$1 == "Depends:" && $2 ~ /^linux-/ &&
            substr($2, length($2) - length(v)) == "-" v { print $2 }'
}

# guest_kernel_make NAME: a folder with vmlinuz and modules/, which are all to
# be loaded in the order of their names.
guest_kernel_make() {
    local name=$1 dir tmp
    guest_kernel_ok "$name" && return 0
    dir=$(guest_kernel_dir "$name")
    guest_lock "guest-kernel-$name"
    if ! guest_kernel_ok "$name"; then
        rm -rf --one-file-system "$dir" "$dir".new.??????
        tmp=$(mktemp -d "$dir.new.XXXXXX")
        at_exit rm -rf --one-file-system "$tmp"
        # shellcheck disable=SC2016 # for the inner shell
        quietly "fetching a kernel (Debian $(guest_kernel_suite "$name"))" \
            bash -c '
                set -euo pipefail
                . "$1/bin/lib/common.sh"
                . "$1/bin/lib/peers.sh"
                . "$1/bin/lib/guest_root.sh"
                guest_kernel_fetch "$2" "$3"' \
            guest-kernel "$VENUS_SRC" "$name" "$tmp" ||
            die "no kernel $name"
        mv -T "$tmp/kernel" "$dir"
        rm -rf "$tmp"
    fi
    guest_unlock
}

# guest_setup KERNEL...: all of it, for the tests.
guest_setup() {
    local kernel
    guest_root_make trixie
    for kernel in "$@"; do
        guest_kernel_make "$kernel"
    done
}

guest_kernel_fetch() {
    local name=$1 tmp=$2 suite package parts part version file n=0
    suite=$(guest_kernel_suite "$name")
    guest_apt "$tmp/apt" "$suite"
    apt-get "${GUEST_APT[@]}" update -q
    package=$(guest_kernel_package)
    [[ -n $package ]] || die "Debian $suite has no linux-image"
    mapfile -t parts < <(guest_kernel_parts "$package")
    for part in "${parts[@]}"; do
        (cd "$tmp" && apt-get "${GUEST_APT[@]}" download -q "$part")
        dpkg-deb -x "$tmp/$part"_*.deb "$tmp/unpacked"
    done
    version=${package#linux-image-}
    mkdir -p "$tmp/kernel/modules"
    # Newer packages have no /boot.
    cp "$(peers_first "$tmp"/unpacked/{boot/vmlinuz-"$version",{usr/lib,lib}/modules/"$version"/vmlinuz})" \
        "$tmp/kernel/vmlinuz"
    [[ -e $tmp/unpacked/lib ]] || ln -s usr/lib "$tmp/unpacked/lib"
    depmod -b "$tmp/unpacked" "$version"
    for part in "${GUEST_MODULES[@]}"; do
        modprobe -d "$tmp/unpacked" -S "$version" --show-depends "$part" ||
            die "kernel $version has no $part"
    done >"$tmp/modules"
    while read -r file; do
        cp "$file" "$(printf '%s/kernel/modules/%02d-%s' "$tmp" "$n" "${file##*/}")"
        n=$((n + 1))
    done < <(awk '$1 == "insmod" && !seen[$2]++ { print $2 }' "$tmp/modules")
    # What loads them cannot unpack.
    find "$tmp/kernel/modules" -name '*.xz' -exec xz -d {} +
    find "$tmp/kernel/modules" -name '*.zst' -exec zstd -dq --rm {} +
    echo "$version" >"$tmp/kernel/version"
}
