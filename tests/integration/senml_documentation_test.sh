#!/bin/bash
# Makes the reference of the SenML library; any warning of Doxygen's is a failure.
#
#   senml_documentation_test.sh FOLDER VERSION      in the repository's root; exit 0, 1, or 77 without Doxygen
set -euo pipefail
command -v doxygen > /dev/null || { echo "skipped: doxygen is not installed"; exit 77; }
export COURANT_DOCUMENTATION=$1 COURANT_VERSION=$2
rm -rf "$1"
mkdir -p "$1"
doxygen senml/Doxyfile
for page in index classcourant_1_1senml_1_1Pack namespacecourant_1_1senml; do
    [ -s "$1/html/$page.html" ] || { echo "FAILED: no page $page" >&2; exit 1; }
done
grep -q 'A resolved pack: readings that each say in full' "$1"/html/pack_8hpp.html \
    || { echo "FAILED: the prose of pack.hpp is not on its page" >&2; exit 1; }
