#!/bin/bash
# The example `solar-cooperative` as a newcomer meets it: it runs, its table is right, and neither its
# end nor a Ctrl-C in the middle leaves a process behind.
#
#   example_test.sh BUILD-FOLDER      exit 0, 1, or 77 where the servers are not installed
set -euo pipefail
# Every job gets a process group of its own, and SIGINT, which jobs of a script would ignore.
set -m

programs=$1
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
example=$repository/examples/solar-cooperative/run
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
    echo "FAILED: $1" >&2
    for file in "$folder/out" "$folder/err"; do
        echo "--- $file" >&2
        cat "$file" >&2
    done
    exit 1
}

run_example() {
    "$example" --programs "$programs" --folder "$folder/run" "$@" > "$folder/out" 2> "$folder/err"
}

has() { grep -qE -- "$1" "$folder/out" || fail "the output lacks: $1"; }

# By the pids that the run recorded; a pid alone may be another's by now, its command line tells.
nothing_is_left() {
    local name pid
    [ -s "$folder/run/pids" ] || fail "no process was recorded"
    while read -r name pid; do
        if { tr '\0' ' ' < "/proc/$pid/cmdline"; } 2> /dev/null | grep -qF "$folder"; then
            fail "$name, pid $pid, is still there"
        fi
    done < "$folder/run/pids"
}

synthetic_day_arrives() {
    run_example --pace 4 || fail "exit code $?"
    has '^  school@town\.test/roof/power +144 +144 +241\.829 +241\.829 '
    has '^  school@town\.test/load/power +144 +144 +210\.130 +210\.130 '
    has '^  home7@town\.test/index/drawn +145 +145 +15\.324 +15\.324 '
    has '^✓ 433 readings in [0-9]+ messages: each arrived once, in order, bit for bit'
    has '^synthetic: '
    has '┤.*█'
    grep -q 'synthetic data' "$folder/err" || fail "the data are not called synthetic at the start"
    [ "$(find "$folder/run/coop/readings" -name '*.csv' | wc -l)" = 3 ] || fail "not three files"
    nothing_is_left
}

# A spreadsheet's export: semicolons, decimal commas, local times, one cell that is no number.
own_file_arrives() {
    {
        echo 'Horodate;Toiture (kW);Conso'
        echo '01/06/2025 11:00;12,5;3,25'
        echo '01/06/2025 11:30;13,1;3,5'
        echo '01/06/2025 12:00;13,4;en panne'
        echo '01/06/2025 12:30;;2,75'
    } > "$folder/own.csv"
    run_example --pace 2 --input "$folder/own.csv" --separator ';' --decimal , --unit kW \
        --time-format '%d/%m/%Y %H:%M' || fail "exit code $?"
    has '^  own@town\.test/toiture-kw +3 +3 +19\.500 +19\.500 '
    has '^  own@town\.test/conso +3 +3 +4\.750 +4\.750 '
    has '^✓ 151 readings '
    has 'set aside, with its reason: 1 '
    grep -qx '2025-06-01T09:00:00Z,12500,W' \
        "$folder/run/coop/readings/logger@town.test+own@town.test+toiture-kw.csv" \
        || fail "the reading of 11:00 in Paris is not in the cooperative's file"
    nothing_is_left
}

interruption_leaves_nothing() {   # command that succeeds once it is time
    local code=0 job
    rm -rf "$folder/run"
    "$example" --programs "$programs" --folder "$folder/run" --pace 60 \
        > "$folder/out" 2> "$folder/err" &
    job=$!
    until "$@" > /dev/null; do
        kill -0 "$job" || fail "it ended before: $*"
        sleep 0.02
    done
    kill -INT "$job"
    wait "$job" || code=$?
    [ "$code" = 130 ] || fail "exit code $code after SIGINT"
    nothing_is_left
}

for kind in prosody ejabberd; do
    if ! "$repository/tests/support/xmpp/servers.sh" have "$kind"; then
        echo "skipped: $kind is not installed"
        exit 77
    fi
done
synthetic_day_arrives
own_file_arrives
interruption_leaves_nothing grep -qs '^town\.test ' "$folder/run/pids"
interruption_leaves_nothing grep -qs '^coop ' "$folder/run/pids"
interruption_leaves_nothing compgen -G "$folder/run/coop/readings/*.csv"
echo "passed"
