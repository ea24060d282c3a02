# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034 # variables for the scripts that source this
#
# Finds the stock peers that everything is tested against: virglrenderer's
# test server, a software Vulkan driver, stock Mesa's Venus. They are the
# system's own when those are new enough, else they live in a folder that
# mmdebstrap fills once from the Debian mirror that apt is configured for.
# Nothing is built, nothing is patched, nothing is chrooted into: programs of
# the folder run through the folder's own dynamic loader.
#
# VENUS_PEERS        auto (default), system, folder
# VENUS_PEERS_SUITE  Debian suite of the folder (default trixie)
# VENUS_PEERS_DIR    the folder itself
#                    (default ~/.cache/venus-dmabuf/peers-<suite>)
# VENUS_PEERS_MIRROR mirror to fill it from (default: apt's)

PEERS_SUITE=${VENUS_PEERS_SUITE:-trixie}
PEERS_DIR=${VENUS_PEERS_DIR:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/venus-dmabuf/peers-$PEERS_SUITE}

# What the folder holds. libvulkan-dev and wayland-protocols are there for
# what builds take from newer ones (build_tree_of_peers), the last lines for
# the client programs that run through the folder's loader.
PEERS_PACKAGES=(
    virgl-server
    mesa-vulkan-drivers
    libvulkan1 libvulkan-dev vulkan-tools vulkan-validationlayers
    wayland-protocols
    libpng16-16t64 libstdc++6 zlib1g
)

# The oldest peers that will do.
PEERS_MIN_VIRGL=1.0
PEERS_MIN_MESA=24

peers_triplet() {
    case $(uname -m) in
    x86_64) echo x86_64-linux-gnu ;;
    aarch64) echo aarch64-linux-gnu ;;
    *) die "no stock peers are known for the cpu $(uname -m)" ;;
    esac
}

peers_loader_name() {
    case $(uname -m) in
    x86_64) echo ld-linux-x86-64.so.2 ;;
    aarch64) echo ld-linux-aarch64.so.1 ;;
    *) die "no dynamic loader is known for the cpu $(uname -m)" ;;
    esac
}

# The upstream version of an installed Debian package: no epoch, no revision.
peers_package_version() {
    local v
    have dpkg-query || return 1
    # shellcheck disable=SC2016 # dpkg's variables
    v=$(dpkg-query -W -f '${db:Status-Abbrev}${Version}\n' "$1" 2>/dev/null |
        sed -n 's/^ii //p' | head -n1)
    [[ -n $v ]] || return 1
    v=${v#*:}
    echo "${v%-*}"
}

peers_first() {
    local f
    for f in "$@"; do
        [[ -e $f ]] && { echo "$f"; return 0; }
    done
    return 1
}

# Whether the system's own packages will do; says why not in PEERS_WHY.
peers_system_ok() {
    local v
    PEERS_WHY=
    if ! have virgl_test_server; then
        PEERS_WHY="no virgl_test_server is installed"
    elif ! peers_first /usr/libexec/virgl_render_server >/dev/null; then
        PEERS_WHY="no virgl_render_server is installed"
    elif ! grep -qa -- --venus "$(command -v virgl_test_server)"; then
        PEERS_WHY="virgl_test_server was built without Venus"
    elif ! peers_first /usr/share/vulkan/icd.d/lvp_icd*.json >/dev/null; then
        PEERS_WHY="no lavapipe is installed"
    elif have dpkg-query; then
        v=$(peers_package_version virgl-server) || v=0
        version_ge "$v" "$PEERS_MIN_VIRGL" ||
            PEERS_WHY="virglrenderer is $v, needed is $PEERS_MIN_VIRGL"
        v=$(peers_package_version mesa-vulkan-drivers) || v=0
        version_ge "$v" "$PEERS_MIN_MESA" ||
            PEERS_WHY+="${PEERS_WHY:+; }Mesa is $v, needed is $PEERS_MIN_MESA"
    fi
    [[ -z $PEERS_WHY ]]
}

peers_folder_ok() { [[ -e $PEERS_DIR/usr/bin/virgl_test_server &&
    -e $PEERS_DIR/usr/libexec/virgl_render_server &&
    -e $PEERS_DIR/usr/bin/vulkaninfo ]]; }

# Sets what the other scripts work with:
#   PEERS_KIND           system or folder
#   PEERS_ROOT           "" or the folder
#   PEERS_EXEC           words in front of a program of the peers
#   PEERS_SERVER, PEERS_RENDER_SERVER
#   PEERS_LVP_ICD, PEERS_VIRTIO_ICD   driver manifests
# Returns 1 when there are none yet; PEERS_WHY says what is missing.
peers_find() {
    local triplet
    PEERS_ROOT='' PEERS_EXEC=()
    case ${VENUS_PEERS:-auto} in
    system)
        peers_system_ok || return 1
        PEERS_KIND=system
        ;;
    folder) PEERS_KIND=folder ;;
    auto)
        if [[ -z ${VENUS_PEERS_DIR:-}${VENUS_PEERS_SUITE:-} ]] &&
            peers_system_ok; then
            PEERS_KIND=system
        else
            PEERS_KIND=folder
        fi
        ;;
    *) die "VENUS_PEERS is '$VENUS_PEERS': must be auto, system or folder" ;;
    esac
    if [[ $PEERS_KIND == folder ]]; then
        if ! peers_folder_ok; then
            PEERS_WHY+="${PEERS_WHY:+; }no stock peers in $PEERS_DIR"
            return 1
        fi
        triplet=$(peers_triplet)
        PEERS_ROOT=$PEERS_DIR
        PEERS_EXEC=(
            "$(peers_first "$PEERS_ROOT"/{usr/lib,lib}/"$triplet/$(peers_loader_name)")"
            --library-path
            "$PEERS_ROOT/usr/lib/$triplet:$PEERS_ROOT/lib/$triplet"
        )
        PEERS_SERVER=$PEERS_ROOT/usr/bin/virgl_test_server
    else
        PEERS_SERVER=$(command -v virgl_test_server)
    fi
    PEERS_RENDER_SERVER=$PEERS_ROOT/usr/libexec/virgl_render_server
    PEERS_LVP_ICD=$(peers_first "$PEERS_ROOT"/usr/share/vulkan/icd.d/lvp_icd*.json) ||
        die "no lavapipe manifest under $PEERS_ROOT/usr/share/vulkan/icd.d"
    PEERS_VIRTIO_ICD=$(peers_first "$PEERS_ROOT"/usr/share/vulkan/icd.d/virtio_icd*.json) ||
        PEERS_VIRTIO_ICD=
}

# peers_manifest MANIFEST DIR: prints a driver manifest, made in DIR, that names
# the peers' library by its full path. A bare name would be looked up through
# LD_LIBRARY_PATH, and our driver has the name of Mesa's; an absolute one means
# a path inside the folder.
peers_manifest() {
    local manifest=$1 dir=$2 name library
    name=$(sed -n 's/.*"library_path": *"\([^"]*\)".*/\1/p' "$manifest")
    case $name in
    /*) library=$PEERS_ROOT$name ;;
    */*) library=$(dirname "$manifest")/$name ;;
    *)
        library=$(peers_first \
            "$PEERS_ROOT"/{usr/lib,lib}/"$(peers_triplet)/$name" \
            "$PEERS_ROOT"/{usr/lib,usr/lib64}/"$name") || library=
        ;;
    esac
    [[ -e $library ]] || die "$manifest: no library $name"
    sed "s|\"library_path\": *\"[^\"]*\"|\"library_path\": \"$library\"|" \
        "$manifest" >"$dir/${manifest##*/}"
    echo "$dir/${manifest##*/}"
}

# One line on what was found, for logs.
peers_describe() {
    if [[ $PEERS_KIND == folder ]]; then
        echo "stock peers: $PEERS_ROOT"
    else
        echo "stock peers: the system's own" \
            "(virglrenderer $(peers_package_version virgl-server || echo '?')," \
            "Mesa $(peers_package_version mesa-vulkan-drivers || echo '?'))"
    fi
}

# --- making the folder ----------------------------------------------------

# The Debian mirror that apt is configured for. No host is named here: if apt
# knows none, the user has to say.
peers_mirror() {
    local codename='' uri fmt
    if [[ -n ${VENUS_PEERS_MIRROR:-} ]]; then
        echo "$VENUS_PEERS_MIRROR"
        return 0
    fi
    # shellcheck disable=SC1091
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    # shellcheck disable=SC2016 # apt's variables
    fmt='$(ORIGIN)|$(LABEL)|$(RELEASE)|$(COMPONENT)|$(REPO_URI)'
    uri=$(apt-get indextargets --format "$fmt" 'Created-By: Packages' 2>/dev/null |
        awk -F'|' '$1 == "Debian" && $2 == "Debian" && $4 == "main" { print $5; exit }')
    if [[ -z $uri ]]; then
        # No lists downloaded yet: judge by the name of the release.
        uri=$(apt-get indextargets --no-release-info --format "$fmt" \
            'Created-By: Packages' 2>/dev/null |
            awk -F'|' -v c="$codename" \
                '($3 == c || $3 == "stable") && $4 == "main" { print $5; exit }')
    fi
    [[ -n $uri ]] || return 1
    echo "$uri"
}

# apt's own ways to the network, for the apt that mmdebstrap runs.
peers_apt_options() {
    apt-config dump |
        grep -E '^Acquire::(http|https|Retries|Check-Valid-Until|Check-Date)' |
        grep -v '""' || true
    # The suites before a release are signed for a week only, and mirrors lag.
    [[ $PEERS_SUITE == trixie ]] || echo 'Acquire::Check-Valid-Until "false";'
}

# Makes the folder unless it is there. Safe against a second one at the same
# time, and against being interrupted: what is not complete never has the
# final name.
peers_make() {
    local mirror parent tmp
    peers_folder_ok && return 0
    have mmdebstrap || die "mmdebstrap is not installed"
    mirror=$(peers_mirror) ||
        die "apt knows no Debian mirror; name one in VENUS_PEERS_MIRROR"
    parent=$(dirname "$PEERS_DIR")
    mkdir -p "$parent" || die "cannot create $parent"
    exec {PEERS_LOCK}>"$PEERS_DIR.lock"
    if ! flock -n "$PEERS_LOCK"; then
        say "waiting for another process that fills $PEERS_DIR"
        flock "$PEERS_LOCK"
    fi
    if ! peers_folder_ok; then
        [[ ! -e $PEERS_DIR ]] ||
            die "$PEERS_DIR exists but is not complete; remove it first"
        # What an earlier one left behind that was killed.
        rm -rf --one-file-system "$PEERS_DIR".new.??????
        tmp=$(mktemp -d "$PEERS_DIR.new.XXXXXX")
        at_exit rm -rf --one-file-system "$tmp"
        peers_apt_options >"$tmp/apt.conf"
        # The variant "extract" unpacks and runs no package scripts, so it
        # needs neither root nor mounts; the loader needs no more than files.
        quietly "fetching the stock peers (Debian $PEERS_SUITE)" \
            mmdebstrap --variant=extract --mode="$(peers_mode)" \
            --aptopt="$tmp/apt.conf" \
            --include="$(IFS=,; echo "${PEERS_PACKAGES[*]}")" \
            "$PEERS_SUITE" "$tmp/root" "$mirror" ||
            die "could not fill $PEERS_DIR from apt's mirror." \
                "If a key is missing, upgrade debian-archive-keyring"
        rm -rf "$tmp/root/var/cache/apt" "$tmp/root/var/lib/apt/lists" \
            "$tmp/root/usr/share/doc" "$tmp/root/usr/share/locale"
        chmod 755 "$tmp/root"
        mv -T "$tmp/root" "$PEERS_DIR"
        rm -rf "$tmp"
    fi
    exec {PEERS_LOCK}>&-
    peers_folder_ok || die "$PEERS_DIR lacks a program after being filled"
}

# Neither mode enters the folder here; each is the one that works for the user.
peers_mode() { if ((EUID == 0)); then echo root; else echo chrootless; fi; }
