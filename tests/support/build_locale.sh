#!/bin/bash
# Builds a locale for LOCPATH, where it is not there already.
#
#   build_locale.sh FOLDER LANGUAGE CHARSET       build_locale.sh build/locale fr_FR UTF-8
set -euo pipefail
folder=$1/$2.$3
[ ! -e "$folder" ] || exit 0
command -v localedef > /dev/null || { echo "localedef is missing: install the package libc-bin" >&2; exit 1; }
mkdir -p "$1"
half=$(mktemp -d "$1/half.XXXXXX")
trap 'rm -rf "$half"' EXIT
# localedef has status 1 where it only warns; the file tells.
localedef --no-archive -i "$2" -f "$3" "$half/$2.$3" || true
[ -e "$half/$2.$3/LC_NUMERIC" ] || { echo "cannot build $2.$3: install the package locales" >&2; exit 1; }
mv -T "$half/$2.$3" "$folder"
