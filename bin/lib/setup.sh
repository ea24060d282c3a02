# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034 # variables for the scripts that source this
#
# Makes a fresh Debian 12 or 13 ready: packages, stock peers, build trees. Each
# step does nothing when its result is there. Needs common.sh, peers.sh and
# server.sh.

# The one list of Debian packages that this repository needs.
DEPS_BUILD=(
    gcc libc6-dev binutils meson ninja-build pkg-config
    python3 python3-mako libvulkan-dev libpng-dev glslang-tools
    libdrm-dev libgbm-dev
    libwayland-dev wayland-protocols
    libxcb1-dev libxcb-dri3-dev libxcb-present-dev libxcb-randr0-dev
    libxcb-shm0-dev libxcb-sync-dev libxcb-xfixes0-dev
    libx11-dev libx11-xcb-dev libxrandr-dev
)
DEPS_TEST=(
    libvulkan1 vulkan-tools vulkan-validationlayers mesa-vulkan-drivers xvfb
    util-linux
    weston sway grim
)
DEPS_PEERS_SYSTEM=(virgl-server)
DEPS_PEERS_FOLDER=(mmdebstrap debian-archive-keyring)
DEPS_GUEST=(mmdebstrap debian-archive-keyring kmod xz-utils zstd util-linux)
DEPS_PACKAGE=(debhelper dpkg-dev git)
DEPS_FORMAT=(clang-format-14)
DEPS_FUZZ=(clang llvm libclang-rt-dev)
DEPS_CI=(clang git)

package_installed() {
    # shellcheck disable=SC2016 # dpkg's variable
    [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null) == ii* ]]
}

# The upstream version that apt would install; empty if there is none.
package_candidate() {
    local v
    v=$(apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p')
    [[ $v != '(none)' ]] || v=
    v=${v#*:}
    echo "${v%-*}"
}

# apt_update: once per run, and only when something is to be installed.
apt_update() {
    [[ -z ${APT_UPDATED:-} ]] || return 0
    root_words "update apt's lists"
    quietly "updating apt's lists" ${ROOT[@]+"${ROOT[@]}"} apt-get update -q ||
        die "apt-get update failed"
    APT_UPDATED=1
}

# install_packages PACKAGE...: what of it is missing.
install_packages() {
    local p missing=()
    if ! have dpkg-query || ! have apt-get; then
        say "this is not a Debian: its packages are taken to be installed ($*)"
        return 0
    fi
    for p in "$@"; do
        package_installed "$p" || missing+=("$p")
    done
    ((${#missing[@]})) || return 0
    for p in "${missing[@]}"; do
        [[ -n $(package_candidate "$p") ]] || { apt_update; break; }
    done
    root_words "install ${missing[*]}"
    if ! quietly "installing ${missing[*]}" ${ROOT[@]+"${ROOT[@]}"} \
        env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
        --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}"; then
        # Lists that are there may be too old for the mirror.
        [[ -z ${APT_UPDATED:-} ]] || die "could not install ${missing[*]}"
        apt_update
        quietly "installing ${missing[*]}" ${ROOT[@]+"${ROOT[@]}"} \
            env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
            --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}" ||
            die "could not install ${missing[*]}"
    fi
}

# The system's packages are used for the peers where they are new enough, and
# installed for that only then.
setup_peers() {
    peers_find && return 0
    if [[ ${VENUS_PEERS:-auto} != folder && -z ${VENUS_PEERS_DIR:-}${VENUS_PEERS_SUITE:-} ]] &&
        have apt-cache; then
        [[ -n $(package_candidate virgl-server) ]] || apt_update
        if version_ge "$(package_candidate virgl-server)" "$PEERS_MIN_VIRGL" &&
            version_ge "$(package_candidate mesa-vulkan-drivers)" "$PEERS_MIN_MESA"; then
            install_packages "${DEPS_PEERS_SYSTEM[@]}" mesa-vulkan-drivers
            peers_find && return 0
        fi
    fi
    [[ ${VENUS_PEERS:-auto} != system ]] || die "no stock peers: $PEERS_WHY"
    install_packages "${DEPS_PEERS_FOLDER[@]}"
    peers_make
    peers_find || die "no stock peers: $PEERS_WHY"
}

# build_tree DIR [MESON OPTIONS]: configures unless that is done, and builds.
# Warnings are errors in CI.
build_tree() {
    local dir=$1
    shift
    [[ -z ${CI:-} ]] || set -- -Dwerror=true "$@"
    if [[ ! -e $dir/build.ninja ]]; then
        quietly "configuring ${dir#"$VENUS_SRC/"}" \
            meson setup "$@" "$dir" "$VENUS_SRC" || die "meson setup failed"
    fi
    quietly "building ${dir#"$VENUS_SRC/"}" ninja -C "$dir" ||
        die "the build failed"
}

# build_tree_of_peers DIR: a build with what the peers' folder has newer and is
# not code: the Vulkan headers and registry, and the Wayland protocols.
build_tree_of_peers() {
    local include=$1.include
    local protocols=$PEERS_ROOT/usr/share/pkgconfig/wayland-protocols.pc
    # Of the folder's headers only these: the C library's are not ours to mix.
    mkdir -p "$include/pkgconfig"
    ln -sfn "$PEERS_ROOT/usr/include/vulkan" "$include/vulkan"
    ln -sfn "$PEERS_ROOT/usr/include/vk_video" "$include/vk_video"
    # folders of earlier versions have none
    if [[ -e $protocols ]]; then
        sed "s|^prefix=.*|prefix=$PEERS_ROOT/usr|" "$protocols" \
            >"$include/pkgconfig/wayland-protocols.pc"
    fi
    build_tree "$1" --buildtype=debugoptimized \
        -Dvulkan-registry="$PEERS_ROOT/usr/share/vulkan/registry/vk.xml" \
        -Dpkg_config_path="$include/pkgconfig" \
        -Dc_args="-I$include"
}

setup_build() {
    build_tree "$BUILD_DIR" --buildtype=release
}
