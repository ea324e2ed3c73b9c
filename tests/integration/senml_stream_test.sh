#!/bin/bash
# The example `senml-stream`: its summary is right in every format, and its memory stays flat.
#
#   senml_stream_test.sh PROGRAM MIB      the most memory that it may take
set -euo pipefail
program=$1
limit=$(($2 * 1024))
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
    echo "FAILED: $1" >&2
    exit 1
}

summary_is_right() {   # readings of each series, mean, greatest
    local last=$((1750000000 + $1 - 1))
    diff "$folder/summary" - << END || fail "not the summary of $1 readings each"
series	readings	first	last	min	mean	max
load/power	$1	1750000000	$last	0	$2	$3
roof/power	$1	1750000000	$last	0	$2	$3
END
}

# The most memory that the program has taken when it has read all of a file, in KiB. While the pipe
# is open it waits for more; all but what the pipe itself holds is read by then.
peak_of() {
    local reader
    rm -f "$folder/pipe"
    mkfifo "$folder/pipe"
    "$program" - < "$folder/pipe" > "$folder/summary" &
    reader=$!
    exec 3> "$folder/pipe"
    cat "$1" >&3
    peak=$(awk '/^VmHWM/ { print $2 }' "/proc/$reader/status")
    exec 3>&-
    wait "$reader" || fail "exit code $?"
}

for format in json xml cbor; do
    "$program" --make 10000 "$format" > "$folder/small"
    "$program" --make 200000 "$format" > "$folder/large"
    peak_of "$folder/small"
    summary_is_right 5000 249.75 499.5
    small=$peak
    peak_of "$folder/large"
    summary_is_right 100000 249.75 499.5
    echo "$format: $(stat -c %s "$folder/large") bytes, $peak KiB of memory; $small KiB for a twentieth of it"
    [ "$peak" -lt "$limit" ] || fail "it took $peak KiB of memory"
    [ $((peak - small)) -lt 1024 ] || fail "its memory grows with the file: $small, then $peak KiB"
    "$program" "$folder/large" | cmp - "$folder/summary" || fail "a file gives something else than a pipe"
done

code=0
head -c 100000 "$folder/large" | "$program" > "$folder/summary" 2> "$folder/err" || code=$?
[ "$code" = 1 ] || fail "exit code $code for a file that is cut off"
grep -q 'record [0-9]*: ' "$folder/err" || fail "the fault is not told: $(cat "$folder/err")"
grep -q '^roof/power' "$folder/summary" || fail "what stood before the fault is lost"
