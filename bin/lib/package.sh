# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Makes the Debian packages, and tries them in a clean Debian. Needs common.sh,
# peers.sh, server.sh and setup.sh.

# package_build DIR: leaves the packages in DIR.
package_build() {
    local dir=$1 version
    version=$(sed -n "s/^  version : '\(.*\)',/\1/p" "$VENUS_SRC/meson.build")
    [[ $(head -n1 "$VENUS_SRC/debian/changelog") == "venus-dmabuf ($version)"* ]] ||
        die "debian/changelog does not begin with version $version of meson.build"
    mkdir "$dir/source"
    # Only files that are to be in the repository: a build tree has no place in
    # a package, and dpkg-buildpackage writes beside and into its source.
    git -C "$VENUS_SRC" -c safe.directory='*' ls-files -z \
        --cached --others --exclude-standard >"$dir/files" ||
        die "$VENUS_SRC is not a git tree"
    # A file that was removed and is still in the index.
    (cd "$VENUS_SRC" && tar -c --null --ignore-failed-read --no-recursion \
        -T "$dir/files" 2>/dev/null) | tar -x -C "$dir/source"
    quietly "building the packages" \
        bash -c 'cd "$1" && exec dpkg-buildpackage -b -us -uc' package-build \
        "$dir/source" || die "the packages could not be built"
    rm -rf "$dir/source"
    # Without them nothing was built, whatever the status.
    compgen -G "$dir/venus-dmabuf-driver_*.deb" >/dev/null &&
        compgen -G "$dir/venus-dmabuf-layer_*.deb" >/dev/null ||
        die "the build made no packages"
    rm -f "$dir"/*-dbgsym_*.deb
}

package_chroot_tar() {
    echo "${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/venus-dmabuf/chroot-$1.tar"
}

# package_chroot SUITE: a Debian as it is where somebody installs the packages:
# Vulkan's loader, Mesa's drivers and vulkaninfo. Made once.
package_chroot() {
    local suite=$1 tar tmp mirror
    tar=$(package_chroot_tar "$suite")
    [[ ! -e $tar ]] || return 0
    install_packages "${DEPS_PEERS_FOLDER[@]}"
    mirror=$(peers_mirror) ||
        die "apt knows no Debian mirror; name one in VENUS_PEERS_MIRROR"
    mkdir -p "$(dirname "$tar")"
    tmp=$(mktemp -d "$tar.new.XXXXXX")
    at_exit rm -rf "$tmp"
    peers_apt_options >"$tmp/apt.conf"
    quietly "fetching a clean Debian $suite" \
        mmdebstrap --variant=apt --aptopt="$tmp/apt.conf" \
        --include=libvulkan1,mesa-vulkan-drivers,vulkan-tools,libgbm1,libdrm2 \
        "$suite" "$tmp/root.tar" "$mirror" || die "no clean Debian $suite"
    mv "$tmp/root.tar" "$tar"
    rm -rf "$tmp"
}

# package_check SUITE DIR: installs the packages of DIR there, looks that they
# work and that nothing is left of them. What the driver talks to is a stock
# server of ours on the outside.
package_check() {
    local suite=$1 dir=$2 root status=0 was
    root=$dir/$suite
    mkdir -p "$root/venus"
    tar -x -C "$root" -f "$(package_chroot_tar "$suite")"
    mkdir "$root/venus/debs"
    cp "$dir"/*.deb "$root/venus/debs/"
    cp "$VENUS_SRC/bin/lib/package-check" "$root/venus/check"
    # The worker finds the layer where the package put it.
    server_start "$root/venus" 0 "$root/venus/server.log"
    was=$(package_files "$root")
    unshare -m -p -f --kill-child=KILL chroot "$root" /bin/sh -c \
        'mount -t proc proc /proc && exec sh /venus/check' \
        >"$dir/$suite.log" 2>&1 </dev/null || status=$?
    server_stop
    if [[ $was != "$(package_files "$root")" ]]; then
        diff <(echo "$was") <(package_files "$root") >>"$dir/$suite.log" || true
        echo "$suite: files differ after the packages were removed" >>"$dir/$suite.log"
        status=1
    fi
    if ((status)); then
        say "$suite: FAILED"
        tail -n 40 "$dir/$suite.log" | sed 's/^/  | /' >&2
    else
        grep -E '^(# |ok)' "$dir/$suite.log" | sed 's/^/  /' >&2
    fi
    rm -rf --one-file-system "$root"
    return "$status"
}

# The folders that packages write to.
package_files() { (cd "$1" && find usr etc -not -name '*.pyc' | sort); }
