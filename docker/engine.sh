#!/bin/bash
# Gives a bare Debian machine a container engine and a base image, without an image registry.
#
# usage: docker/engine.sh install | start | base [IMAGE] | stop
#   install   Debian's docker.io and mmdebstrap
#   start     an engine of our own, apart from a system's: socket, data and log in ENGINE_DIR
#   base      an image (default debian:bookworm-slim) made from the machine's Debian mirror;
#             its tar is kept in ENGINE_DIR, so that the next time needs no mirror
#   stop      ends the engine that `start` started; images and the tar stay
#
# ENGINE_DIR (default /var/lib/mlperf-kit-engine) says where; the kit looks for its socket there.
# Every command may be given again: what is done already is not done twice. Needs root.
set -euo pipefail

dir=${ENGINE_DIR:-/var/lib/mlperf-kit-engine}
socket=$dir/docker.sock
pid_file=$dir/dockerd.pid
log=$dir/dockerd.log
docker() { /usr/bin/docker --host "unix://$socket" "$@"; }

fail() { # WHAT DETAIL HINT
    printf '%s\n  detail: %s\n  hint:   %s\n' "$1" "$2" "$3" >&2
    exit 4
}

demand_root() {
    [ "$(id -u)" = 0 ] || fail "engine.sh $1 needs root" "this is user $(id -un)" "sudo -E $0 $1"
}

answers() { docker version >/dev/null 2>&1; }

demand_engine() {
    answers || fail "no engine answers" "at unix://$socket" "$0 start"
}

install_engine() {
    if [ -x /usr/sbin/dockerd ] && [ -x /usr/bin/docker ] && command -v mmdebstrap >/dev/null; then
        echo "installed already: $(/usr/sbin/dockerd --version)"
        return
    fi
    command -v apt-get >/dev/null ||
        fail "only Debian and its kin are known here" "there is no apt-get" "install Docker by hand"
    export DEBIAN_FRONTEND=noninteractive
    local apt=(apt-get -o DPkg::Lock::Timeout=120 -qq)
    { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends docker.io mmdebstrap; } \
        >"$dir/apt.log" 2>&1 ||
        fail "the engine could not be installed" "$(tail -n 1 "$dir/apt.log")" "see $dir/apt.log"
    echo "installed: $(/usr/sbin/dockerd --version)"
}

start_engine() {
    if answers; then
        echo "runs already: unix://$socket"
        return
    fi
    [ -x /usr/sbin/dockerd ] || fail "there is no dockerd" "/usr/sbin/dockerd" "$0 install"
    # A killed engine leaves its pid file; the number may be another process' by now.
    rm -f "$pid_file"
    # Without bridge and packet filter it changes nothing of the machine's network: builds use
    # the host's, runs have none.
    setsid nohup /usr/sbin/dockerd --host "unix://$socket" --pidfile "$pid_file" \
        --data-root "$dir/data" --exec-root "$dir/exec" --bridge=none \
        --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
        >"$log" 2>&1 </dev/null &
    local started=$!
    for _ in $(seq 300); do
        if answers; then
            echo "started: unix://$socket"
            return
        fi
        kill -0 "$started" 2>/dev/null || break
        sleep 0.1
    done
    kill "$started" 2>/dev/null || true
    fail "the engine did not start" "$(tail -n 1 "$log")" "see $log"
}

# Lines of sources.list for SUITE, its updates and its security fixes, from the machine's own apt
# configuration; a machine of another suite gives its mirror only.
debian_sources() { # SUITE
    # shellcheck disable=SC2016  # apt-get fills these in
    apt-get indextargets --format '$(CREATED_BY) $(LABEL) $(COMPONENT) $(REPO_URI) $(RELEASE)' |
        awk -v suite="$1" '
            $1 == "Packages" && $2 ~ /^Debian/ && $3 == "main" {
                if ($2 == "Debian" && !mirror) mirror = $4
                if ($5 ~ "^" suite "(-|$)") { print "deb", $4, $5, $3; found = 1 }
            }
            END { if (!found && mirror) print "deb", mirror, suite, "main" }'
}

make_base() { # TAR SUITE
    local sources work hook
    command -v mmdebstrap >/dev/null || fail "there is no mmdebstrap" "it makes the base" "$0 install"
    sources=$(debian_sources "$2")
    [ -n "$sources" ] || fail "no Debian mirror is configured" "apt-get indextargets names none" \
        "apt-get update, or pull the image where a registry is in reach"
    work=$(mktemp -d -p "$dir")
    # shellcheck disable=SC2064  # the folder of now
    trap "rm -rf '$work'" EXIT
    # Certificates that the machine trusts beside Debian's: its mirrors may need them.
    # shellcheck disable=SC2016  # mmdebstrap's shell fills these in
    hook='for each in /usr/local/share/ca-certificates/*.crt; do
        [ -f "$each" ] && cp "$each" "$1/usr/local/share/ca-certificates/"
    done; chroot "$1" update-ca-certificates >/dev/null 2>&1'
    # Expired Release files: a mirror may be frozen at a day. No documentation: a base is small.
    TMPDIR=$work mmdebstrap --quiet --mode=root --variant=apt --include=ca-certificates \
        --aptopt='Acquire::Check-Valid-Until "false"' --dpkgopt=force-unsafe-io \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/info/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-include=/usr/share/doc/*/copyright' --customize-hook="$hook" \
        "$2" "$work/base.tar" - <<<"$sources" >"$dir/base.log" 2>&1 ||
        fail "the base could not be made" "$(tail -n 1 "$dir/base.log")" "see $dir/base.log"
    mv "$work/base.tar" "$1"
}

base_image() { # IMAGE
    local image=$1 suite tar
    demand_engine
    if docker image inspect "$image" >/dev/null 2>&1; then
        echo "there already: $image"
        return
    fi
    case $image in
    debian:*) suite=${image#debian:} && suite=${suite%-slim} ;;
    *) fail "only debian:SUITE[-slim] can be made here" "asked for $image" "$0 base" ;;
    esac
    tar=$dir/base-$suite.tar
    [ -s "$tar" ] || make_base "$tar" "$suite"
    docker import --change 'ENV LANG=C.UTF-8' --change 'CMD ["bash"]' "$tar" "$image" >/dev/null ||
        fail "the base could not be imported" "$tar" "remove it and give the command again"
    echo "made: $image"
}

stop_engine() {
    local pid
    pid=$(cat "$pid_file" 2>/dev/null) || { echo "no engine of $dir runs"; return; }
    # Only our own: its command line names our socket.
    if tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "unix://$socket"; then
        kill "$pid"
        for _ in $(seq 300); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        ! kill -0 "$pid" 2>/dev/null ||
            fail "the engine did not stop within 30 s" "process $pid" "see $log"
    fi
    umount "$dir/exec/netns/default" 2>/dev/null || true
    rm -f "$pid_file"
    echo "stopped"
}

usage() { sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; }

case ${1:-} in
install | start | base | stop) ;;
-h | --help) usage && exit 0 ;;
*) usage >&2 && exit 2 ;;
esac
demand_root "$1"
mkdir -p "$dir"
case $1 in
install) install_engine ;;
start) start_engine ;;
base) base_image "${2:-debian:bookworm-slim}" ;;
stop) stop_engine ;;
esac
