#!/bin/bash
# Real XMPP servers for tests and examples: Prosody and ejabberd, each an organisation of its own,
# federating over TLS verified against a private authority. Needs no root, no DNS, no /etc/hosts;
# touches nothing outside ROOT.
#
#   servers.sh have KIND                 is it installed? KIND: prosody | ejabberd. Exit 0 or 1
#   servers.sh add ROOT KIND DOMAIN [USER:PASSWORD]...
#                                        an organisation: address, certificate, settings, accounts
#   servers.sh start ROOT [DOMAIN...]    in the background, all or the named that do not run yet;
#                                        returns when they accept
#   servers.sh stop ROOT [DOMAIN...]     SIGTERM, and waits; all or the named
#   servers.sh kill ROOT [DOMAIN...]     kill -9, for tests of crashes
#   servers.sh run ROOT DOMAIN           in the foreground: the process *becomes* the server, for a
#                                        caller that owns it
#   servers.sh wait ROOT DOMAIN PID      returns when the server that PID became accepts
#   servers.sh address ROOT DOMAIN       prints "ip:port" for clients
#   servers.sh list ROOT                 prints "domain ip c2s-port s2s-port", a line each
#
# DOMAIN+2 is a second server of DOMAIN, with a store and an address of its own (a node that can take
# over: clients and other servers find both); everywhere above it is named like an organisation.
#
# USER and PASSWORD are of A-Z a-z 0-9 . _ -. Below ROOT:
#   ca/ca.pem       the authority: what a client has to trust; ca/DOMAIN.{crt,key,pem}
#   hosts           what "list" prints; the servers read it at every connection, so that
#                   organisations may be added at any time
#   DOMAIN/more.cfg.lua   what a caller adds to a Prosody's settings, below its VirtualHost
#   DOMAIN/log      the server's log; DOMAIN/output what it printed; DOMAIN/pid if "start" began it
#
# Every organisation gets a loopback address of its own and free ports, so that several federations
# run side by side. Exit 0, or 1 with one line that says why and the end of the server's log.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Seconds until a server must accept, or be gone.
patience=${COURANT_XMPP_PATIENCE:-90}

fail() {
    echo "servers.sh: $1" >&2
    if [ -n "${2:-}" ]; then
        for file in "$2/output" "$2/log"; do
            [ -s "$file" ] && { echo "--- end of $file" >&2; tail -n 15 "$file" >&2; }
        done
    fi
    exit 1
}

ejabberd_libraries() {   # the folder above ejabberd's own, for ERL_LIBS
    local folder
    for folder in /usr/lib/*/ejabberd-*/ebin /usr/lib/ejabberd-*/ebin \
        /opt/ejabberd*/lib/ejabberd-*/ebin; do
        if [ -d "$folder" ]; then dirname "$(dirname "$folder")"; return; fi
    done
    return 1
}

have() {
    case $1 in
        prosody) command -v prosody prosodyctl > /dev/null ;;
        ejabberd) command -v erl erlc > /dev/null && ejabberd_libraries > /dev/null ;;
        *) fail "no such kind of server: $1 (prosody or ejabberd)" ;;
    esac
}

# A port below the range of outgoing connections that no local socket holds, whatever its state.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        if ! grep -qi "^ *[0-9]*: [0-9A-F]*:$(printf '%04X' "$port") " /proc/net/tcp; then
            echo "$port"
            return
        fi
    done
}

fill() {   # template, then the variables below
    sed -e "s|@HOME@|$home|g" -e "s|@DOMAIN@|$domain|g" -e "s|@IP@|$ip|g" -e "s|@C2S@|$c2s|g" \
        -e "s|@S2S@|$s2s|g" -e "s|@CA@|$root/ca|g" -e "s|@HOSTS@|$root/hosts|g" \
        -e "s|@PLUGINS@|$here|g" -e "s|@ROOT_USER@|$root_user|g" "$1"
}

load() {   # domain, kind, ip and ports of an organisation
    domain=${1%%+*}
    home=$root/$1
    [ -f "$home/settings" ] || fail "$root has no organisation $1"
    read -r kind ip c2s s2s < "$home/settings"
}

add() {
    kind=$1 domain=${2%%+*} home=$root/$2
    shift 2
    have "$kind" || fail "$kind is not installed"
    [ -e "$home" ] && fail "$home is there already"
    mkdir -p "$home"
    touch "$root/hosts"
    ip=127.0.0.$((2 + RANDOM % 250)) c2s=$(free_port) s2s=$(free_port) root_user=false
    while [ "$s2s" = "$c2s" ]; do s2s=$(free_port); done
    [ "$(id -u)" = 0 ] && root_user=true
    [ -f "$root/ca/$domain.pem" ] || "$here/mkca.sh" "$root/ca" "$domain"
    echo "$kind $ip $c2s $s2s" > "$home/settings"

    if [ "$kind" = prosody ]; then
        mkdir -p "$home/data"
        fill "$here/prosody.cfg.lua.in" > "$home/prosody.cfg.lua"
    else
        fill "$here/ejabberd.yml.in" > "$home/ejabberd.yml"
        if [ ! -f "$root/beam/mod_s2s_hosts.beam" ]; then
            mkdir -p "$root/beam"
            ERL_LIBS=$(ejabberd_libraries) erlc -o "$root/beam" "$here/mod_s2s_hosts.erl" \
                > "$home/output" 2>&1 || fail "erlc refused mod_s2s_hosts.erl" "$home"
        fi
    fi
    for account in "$@"; do
        [[ $account =~ ^[A-Za-z0-9._-]+:[A-Za-z0-9._-]+$ ]] || fail "not USER:PASSWORD: $account"
        if [ "$kind" = prosody ]; then
            prosodyctl --config "$home/prosody.cfg.lua" register "${account%%:*}" "$domain" \
                "${account#*:}" > "$home/output" 2>&1 \
                || fail "prosodyctl refused the account ${account%%:*}" "$home"
        else
            echo "$account" >> "$home/accounts"
        fi
    done
    echo "$domain $ip $c2s $s2s" >> "$root/hosts"
}

# Becomes the server. ejabberd runs without Debian's ejabberdctl (which wants root and leaves an
# epmd behind) and without Erlang's distribution, so that it opens its two ports and no other.
# +sss 8192: with its schedulers' ordinary stack a stanza of 5000 nested elements kills it.
# nodelay: without it every hop costs 40 ms.
run() {
    load "$1"
    cd "$home"
    rm -f ready
    if [ "$kind" = prosody ]; then
        exec prosody -F --config "$home/prosody.cfg.lua"
    fi
    local accounts=""
    if [ -f accounts ]; then
        while IFS=: read -r user password; do
            accounts+="ejabberd_auth:try_register(<<\"$user\">>, <<\"$domain\">>, "
            accounts+="<<\"$password\">>), "
        done < accounts
    fi
    export HOME=$home ERL_LIBS ERL_CRASH_DUMP_BYTES=0
    export EJABBERD_CONFIG_PATH=$home/ejabberd.yml EJABBERD_LOG_PATH=$home/log
    ERL_LIBS=$(ejabberd_libraries)
    exec erl -noinput +K true +sss 8192 +sbwt none -pa "$root/beam" \
        -kernel inet_default_connect_options '[{nodelay,true}]' \
        -mnesia dir "\"$home/db\"" -s ejabberd -eval "${accounts}file:write_file(\"ready\", [])."
}

accepts() { (exec 3<> "/dev/tcp/$1/$2") 2> /dev/null; }

# The pid of an organisation's server if "start" began it and it still runs. A pid alone may be
# another's by now.
running() {
    local pid
    [ -f "$home/pid" ] || return 1
    pid=$(cat "$home/pid")
    tr '\0' ' ' < "/proc/$pid/cmdline" 2> /dev/null | grep -qF "$home" && echo "$pid"
}

start() {
    load "$1"
    if running > /dev/null; then return; fi
    "$here/servers.sh" run "$root" "$1" < /dev/null > "$home/output" 2>&1 &
    echo $! > "$home/pid"
}

# ejabberd accepts before the accounts are in; the file "ready" says that they are.
await() {   # domain, pid
    load "$1"
    local pid=$2 deadline=$((SECONDS + patience))
    until { [ "$kind" = prosody ] || [ -f "$home/ready" ]; } \
        && accepts "$ip" "$c2s" && accepts "$ip" "$s2s"; do
        kill -0 "$pid" 2> /dev/null || fail "$kind for $domain ended at start" "$home"
        [ "$SECONDS" -lt "$deadline" ] \
            || fail "$kind for $domain does not accept on $ip:$c2s and $ip:$s2s" "$home"
        sleep 0.05
    done
}

end() {   # signal, domain
    local signal=$1 pid deadline=$((SECONDS + patience))
    load "$2"
    if pid=$(running); then
        kill "-$signal" "$pid"
        while kill -0 "$pid" 2> /dev/null; do
            [ "$SECONDS" -lt "$deadline" ] || fail "$kind for $domain does not end" "$home"
            sleep 0.05
        done
    fi
    rm -f "$home/pid"
}

usage() {
    sed -n '2,/^set /p' "$0" | sed -e '/^set /d' -e 's/^# \{0,1\}//' >&2
    exit 2
}

[ $# -ge 2 ] || usage
command=$1
if [ "$command" = have ]; then have "$2"; exit; fi
mkdir -p "$2"
root=$(cd "$2" && pwd)
shift 2

domains=("$@")
if [ ${#domains[@]} = 0 ] && [ -f "$root/hosts" ]; then
    mapfile -t domains < <(cd "$root" && printf '%s\n' */settings | cut -d/ -f1)
fi

case $command in
    add) [ $# -ge 2 ] || usage; add "$@" ;;
    wait) [ $# = 2 ] || usage; await "$1" "$2" ;;
    run) [ $# = 1 ] || usage; run "$1" ;;
    start)
        for one in "${domains[@]}"; do start "$one"; done
        for one in "${domains[@]}"; do await "$one" "$(cat "$root/$one/pid")"; done
        ;;
    stop) for one in "${domains[@]}"; do end TERM "$one"; done ;;
    kill) for one in "${domains[@]}"; do end KILL "$one"; done ;;
    address) [ $# = 1 ] || usage; load "$1"; echo "$ip:$c2s" ;;
    list) cat "$root/hosts" ;;
    *) usage ;;
esac
