# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Starts and stops one stock test server with our layer (or without) on a
# private socket. Needs common.sh and peers.sh. What the host side needs in
# its environment is set for the render server alone: a client must never
# load the host layer, and a layer or driver that the user chose for the
# client must never reach the host.

BUILD_DIR=${VENUS_BUILD_DIR:-$VENUS_SRC/build}
# A driver whose sanitizer the stock worker cannot have takes another tree's.
LAYER_DIR=${VENUS_LAYER_BUILD_DIR:-$BUILD_DIR}

# The build tree's layer and driver.
build_layer() {
    BUILD_LAYER=$LAYER_DIR/src/layer/libVkLayer_VENUS_shm.so
    [[ -e $BUILD_LAYER ]] ||
        die "no layer in the build tree ($BUILD_LAYER)." \
            "Build first (bin/setup), name a build tree in VENUS_BUILD_DIR," \
            "or use --no-layer"
    # The manifest that is installed, implicit and enabled by a variable: what
    # a user's renderer finds is what is to be tested.
    BUILD_LAYER_JSON=$(grep -ls '"enable_environment"' \
        "$LAYER_DIR"/src/layer/*.json* | head -n1) || true
    [[ -n $BUILD_LAYER_JSON ]] ||
        die "no manifest with enable_environment in $LAYER_DIR/src/layer"
}

build_driver() {
    BUILD_ICD=$BUILD_DIR/src/virtio/vulkan/virtio_devenv_icd.$(uname -m).json
    [[ -e $BUILD_ICD && -e $BUILD_DIR/src/virtio/vulkan/libvulkan_virtio.so ]] ||
        die "no driver in the build tree ($BUILD_ICD)." \
            "Build first (bin/setup), name a build tree in VENUS_BUILD_DIR," \
            "or use --stock-mesa or --native"
}

# Prints the sanitizer runtime that a library was built with, if any. A
# program that was not built with it must have it preloaded.
sanitizer_of() {
    { readelf -d "$1" 2>/dev/null || true; } |
        sed -n 's/.*NEEDED.*\[\(libasan\.so[^]]*\)\].*/\1/p'
}

sanitizer_path() {
    local name path
    name=$(sanitizer_of "$1")
    [[ -n $name ]] || return 0
    path=$({ ldconfig -p || /sbin/ldconfig -p; } 2>/dev/null |
        awk -v n="$name" '$1 == n { print $NF; exit }')
    [[ -n $path ]] || path=$(gcc -print-file-name="$name")
    echo "$path"
}

# server_start RUN_DIR LAYER LOG [NAME=VALUE...]: LAYER is 1 or 0; the
# assignments go to the render server and its workers. Sets SERVER_PID and
# SERVER_SOCKET. The run directory must be private.
server_start() {
    local run=$1 layer=$2 log=$3 word preload
    shift 3
    SERVER_SOCKET=$run/vtest.sock
    ((${#SERVER_SOCKET} < 108)) ||
        die "the socket's path is too long for the system: $SERVER_SOCKET"
    mkdir -p "$run/server"
    {
        cat <<'EOS'
#!/bin/sh
# Environment of the host side: nothing of the client's choices.
for v in $(env | sed -n 's/^\(VK_[A-Z0-9_]*\)=.*/\1/p'); do
    unset "$v"
done
unset LD_PRELOAD LD_LIBRARY_PATH
EOS
        word=$(peers_manifest "$PEERS_LVP_ICD" "$run/server")
        printf 'export VK_DRIVER_FILES=%q VK_ICD_FILENAMES=%q\n' "$word" "$word"
        printf 'export XDG_DATA_DIRS=%q XDG_DATA_HOME=%q\n' \
            "$run/server/share" "$run/server/home"
        if ((layer)); then
            echo 'export ENABLE_VENUS_SHM_LAYER=1'
            preload=$(sanitizer_path "$BUILD_LAYER")
            if [[ -n $preload ]]; then
                # The worker never unloads the software driver, which keeps
                # things for its whole life; the layer's own tests look for
                # leaks.
                printf 'export LD_PRELOAD=%q ASAN_OPTIONS=%q\n' "$preload" \
                    "${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
            fi
        fi
        for word in "$@"; do
            printf 'export %s=%q\n' "${word%%=*}" "${word#*=}"
        done
        printf 'exec'
        printf ' %q' ${PEERS_EXEC[@]+"${PEERS_EXEC[@]}"} "$PEERS_RENDER_SERVER"
        printf ' "$@"\n'
    } >"$run/server/render_server"
    chmod 755 "$run/server/render_server"
    if ((layer)); then
        mkdir -p "$run/server/share/vulkan/implicit_layer.d"
        sed "s|\"library_path\": *\"[^\"]*\"|\"library_path\": \"$BUILD_LAYER\"|" \
            "$BUILD_LAYER_JSON" \
            >"$run/server/share/vulkan/implicit_layer.d/VkLayer_VENUS_shm.json"
    fi

    # A session of its own: Ctrl-C is for the program; the server goes when
    # we are done with it. pdeathsig is for the case that we are killed.
    local words=(setsid)
    if have setpriv; then words+=(setpriv --pdeathsig KILL); fi
    RENDER_SERVER_EXEC_PATH=$run/server/render_server \
        "${words[@]}" ${PEERS_EXEC[@]+"${PEERS_EXEC[@]}"} "$PEERS_SERVER" \
        --venus --no-virgl --socket-path "$SERVER_SOCKET" \
        </dev/null >"$log" 2>&1 &
    SERVER_PID=$!
    at_exit stop_group "$SERVER_PID"
    server_wait "$log"
}

# The server listens some milliseconds after its start and has no way to say
# so: look every 10 ms, for 10 s at most.
server_wait() {
    local log=$1 i
    for ((i = 0; i < 1000; i++)); do
        if awk -v p="$SERVER_SOCKET" \
            '$8 == p && $4 == "00010000" { f = 1 } END { exit !f }' /proc/net/unix; then
            return 0
        fi
        if [[ ! -e /proc/$SERVER_PID ]]; then
            tail -n 20 "$log" | sed 's/^/  | /' >&2
            die "the stock server did not start (${PEERS_SERVER})"
        fi
        sleep 0.01
    done
    tail -n 20 "$log" | sed 's/^/  | /' >&2
    die "the stock server does not listen on $SERVER_SOCKET after 10 s"
}

# server_sane LOG: whether the sanitizers found nothing on the host side. What
# they find there does not have to reach the client.
server_sane() {
    grep -qE 'ERROR: AddressSanitizer|runtime error:' "$1" || return 0
    say "the sanitizers found something on the host side:"
    grep -E -A30 -m1 'ERROR: AddressSanitizer|runtime error:' "$1" |
        sed 's/^/  | /' >&2
    return 1
}

# Stops the server before the script ends.
server_stop() {
    local i word
    stop_group "$SERVER_PID"
    word=$(printf '%q ' stop_group "$SERVER_PID")
    for i in "${!VENUS_UNDO[@]}"; do
        [[ ${VENUS_UNDO[i]} != "$word" ]] || unset "VENUS_UNDO[$i]"
    done
    VENUS_UNDO=(${VENUS_UNDO[@]+"${VENUS_UNDO[@]}"})
}

# --- the client's side ----------------------------------------------------

# Adds the validation layer to env, the caller's. What it says goes to
# VALIDATION_LOG.
validation_words() {
    local mode=$1 dir=$2 root=
    [[ $mode == ours ]] || root=$PEERS_ROOT
    # The loader starts without a layer that it cannot find.
    [[ -e $root/usr/share/vulkan/explicit_layer.d/VkLayer_khronos_validation.json ]] ||
        die "no validation layer in $root/usr/share/vulkan/explicit_layer.d"
    VALIDATION_LOG=$dir/validation.log
    cat >"$dir/vk_layer_settings.txt" <<EOS
khronos_validation.debug_action = VK_DBG_LAYER_ACTION_LOG_MSG
khronos_validation.report_flags = error,warn,perf
khronos_validation.log_filename = $VALIDATION_LOG
khronos_validation.enables = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT
EOS
    env+=("VK_LAYER_SETTINGS_PATH=$dir/vk_layer_settings.txt"
        "VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation${VK_INSTANCE_LAYERS:+:$VK_INSTANCE_LAYERS}")
}

# validation_silent: whether the validation layer had nothing to say; shows
# what it said.
validation_silent() {
    [[ -s $VALIDATION_LOG ]] || return 0
    say "the validation layer says:"
    sed 's/^/  | /' "$VALIDATION_LOG" >&2
    return 1
}

# client_words MODE RUN_DIR VALIDATE PROGRAM: sets CLIENT, the words to run
# the program with in front of its arguments. MODE is ours, stock or native,
# VALIDATE 1 or 0. With CLIENT_PEERS=1 our driver too runs in the peers' C library.
client_words() {
    local mode=$1 run=$2 validate=$3 program=$4 path icd file preload='' env=()
    path=$(type -P -- "$program") || path=
    if [[ $mode != ours && -n $PEERS_ROOT && $program != */* &&
        -x $PEERS_ROOT/usr/bin/$program ]]; then
        path=$PEERS_ROOT/usr/bin/$program
    fi
    [[ -n $path ]] || die "no such program: $program"

    mkdir -p "$run/client"
    env=(-u RENDER_SERVER_EXEC_PATH -u ENABLE_VENUS_SHM_LAYER
        -u VK_ADD_DRIVER_FILES)
    case $mode in
    ours) icd=$BUILD_ICD ;;
    stock)
        [[ -n $PEERS_VIRTIO_ICD ]] ||
            die "no stock Mesa Venus among the peers ($PEERS_KIND)"
        icd=$(peers_manifest "$PEERS_VIRTIO_ICD" "$run/client")
        ;;
    native) icd=$(peers_manifest "$PEERS_LVP_ICD" "$run/client") ;;
    esac
    env+=("VK_DRIVER_FILES=$icd" "VK_ICD_FILENAMES=$icd")
    if [[ $mode != native ]]; then
        env+=("VN_DEBUG=vtest${VN_DEBUG:+,$VN_DEBUG}"
            "VTEST_SOCKET_NAME=$SERVER_SOCKET" "VENUS_SERVER_PID=$SERVER_PID")
    fi
    if ((validate)); then validation_words "$mode" "$run/client"; fi
    if [[ $mode == ours ]]; then
        file=$BUILD_DIR/src/virtio/vulkan/libvulkan_virtio.so
        preload=$(sanitizer_path "$file")
        [[ -z $(sanitizer_of "$path") ]] || preload=
        if [[ -n $preload ]]; then
            env+=("LD_PRELOAD=$preload${LD_PRELOAD:+:$LD_PRELOAD}")
        fi
    fi
    if [[ $mode != ours || -n $preload ]]; then
        # Leaks are looked for in our programs on our driver only: what a stock
        # program or a stock driver does not free is not our matter.
        env+=("ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0")
    fi
    CLIENT=(env '--default-signal=INT,QUIT' "${env[@]}")
    if [[ -n $PEERS_ROOT ]] && [[ $mode != ours || ${CLIENT_PEERS:-0} == 1 ]]; then
        # The folder's drivers need the folder's libc, so its loader runs the
        # program, and its Vulkan loader looks for layers in the folder first.
        [[ $(head -c4 "$path" | tail -c3) == ELF ]] ||
            die "$path is not an ELF program: it cannot be run with the peers in $PEERS_ROOT"
        CLIENT+=("XDG_DATA_DIRS=$PEERS_ROOT/usr/share:${XDG_DATA_DIRS:-/usr/local/share:/usr/share}"
            "${PEERS_EXEC[@]}")
    fi
    CLIENT+=("$path")
}

# Runs CLIENT with arguments in the foreground of the terminal and returns its
# status. A TERM or HUP that reaches the script is handed on; a Ctrl-C reaches
# the program by itself.
client_run() {
    local status=0 pid
    "${CLIENT[@]}" "$@" <&0 &
    pid=$!
    # shellcheck disable=SC2064 # the pid of now
    trap "kill -TERM $pid 2>/dev/null" TERM HUP
    trap : INT
    while :; do
        status=0
        wait "$pid" || status=$?
        # A signal may have ended the wait before the program's end.
        kill -0 "$pid" 2>/dev/null || break
    done
    trap_exit
    return "$status"
}
