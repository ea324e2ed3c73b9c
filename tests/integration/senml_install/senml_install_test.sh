#!/bin/bash
# Installs the SenML library into a temporary folder, moves it, and builds a program with it: by
# find_package and by pkg-config. Then the library's own configuration, without all the rest.
#
#   senml_install_test.sh SOURCE-FOLDER BUILD-FOLDER      wants VERSION, CMAKE, CXX and SANITIZE
set -euo pipefail
source=$1
build=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$(mktemp -d)
manifest=$build/install_manifest_senml.txt
[ ! -e "$manifest" ] || cp "$manifest" "$folder/manifest"

clean_up() {
    rm -f "$manifest"
    [ ! -e "$folder/manifest" ] || mv "$folder/manifest" "$manifest"
    rm -rf "$folder"
}
trap clean_up EXIT

fail() {
    echo "FAILED: $1" >&2
    exit 1
}

# No wish of whoever runs this may change where things are found.
unset CMAKE_PREFIX_PATH CMAKE_GENERATOR PKG_CONFIG_PATH CXXFLAGS LDFLAGS DESTDIR
flags=(-std=c++20)
[ -z "$SANITIZE" ] || flags+=("-fsanitize=$SANITIZE")
prefix=$folder/moved

install_and_move() {
    "$CMAKE" --install "$build" --component senml --prefix "$folder/first" > "$folder/log"
    mv "$folder/first" "$prefix"
    pkgconfig=$(dirname "$(find "$prefix" -name courant-senml.pc)")
    export PKG_CONFIG_PATH=$pkgconfig
}

# The library, the two ways to find it, and headers: nothing else of Courant.
only_the_library_is_there() {
    local files
    files=$(cd "$prefix" && find . -type f ! -path './include/courant/senml/*' -printf '%f\n' | LC_ALL=C sort | tr '\n' ' ')
    case $files in
        "courant-senml-config-version.cmake courant-senml-config.cmake courant-senml-targets"*".cmake courant-senml-targets.cmake courant-senml.pc libcourant-senml.a ") ;;
        *) fail "installed are: $files" ;;
    esac
}

# All public headers are there; of detail/ what they include, and nothing more.
headers_are_complete() {
    diff <(cd "$source" && find senml -maxdepth 1 -name '*.hpp' | LC_ALL=C sort) \
        <(cd "$prefix/include/courant" && find senml -maxdepth 1 -name '*.hpp' | LC_ALL=C sort) \
        || fail "senml/CMakeLists.txt does not list the public headers that there are"
    (cd "$prefix/include/courant" && find senml -maxdepth 1 -name '*.hpp' -printf '#include "%p"\n') > "$folder/all.cpp"
    [ -s "$folder/all.cpp" ] || fail "no headers"
    # shellcheck disable=SC2046
    "$CXX" "${flags[@]}" $(pkg-config --cflags courant-senml) -MM -MF "$folder/all.d" "$folder/all.cpp"
    "$CXX" "${flags[@]}" $(pkg-config --cflags courant-senml) -fsyntax-only "$folder/all.cpp"
    diff <(grep -o '/include/courant/[^ ]*' "$folder/all.d" | LC_ALL=C sort -u) \
        <(find "$prefix/include" -type f | sed "s|^$prefix||" | LC_ALL=C sort) \
        || fail "the headers that are installed are not those that are included"
}

says_what_it_should() {
    local wanted='<sensml xmlns="urn:ietf:params:xml:ns:senml"><senml n="roof" u="W" t="1600000000" v="230.5"></senml></sensml>'
    local said
    said=$("$1" | sed 's|/></sensml>|></senml></sensml>|')
    [ "$said" = "$wanted" ] || fail "$2: the program says $said"
}

found_by_cmake() {
    "$CMAKE" -S "$here/consumer" -B "$folder/by-cmake" -DCMAKE_PREFIX_PATH="$prefix" -DCOURANT_VERSION="$VERSION" \
        -DCMAKE_CXX_COMPILER="$CXX" -DCMAKE_CXX_FLAGS="${flags[*]:1}" > "$folder/log" || fail "find_package: $(cat "$folder/log")"
    "$CMAKE" --build "$folder/by-cmake" > "$folder/log" || fail "find_package: $(cat "$folder/log")"
    says_what_it_should "$folder/by-cmake/consumer" find_package
}

found_by_pkgconfig() {
    [ "$(pkg-config --modversion courant-senml)" = "$VERSION" ] || fail "pkg-config tells another version"
    # shellcheck disable=SC2046
    "$CXX" "${flags[@]}" "$here/consumer/main.cpp" $(pkg-config --cflags --libs courant-senml) -o "$folder/by-pkgconfig"
    says_what_it_should "$folder/by-pkgconfig" pkg-config
}

# What CMake has looked for is in its cache, found or not.
alone_it_wants_little() {
    "$CMAKE" -S "$source" -B "$folder/alone" -DCOURANT_SENML_ONLY=ON -DCMAKE_CXX_COMPILER="$CXX" > "$folder/log" \
        || fail "COURANT_SENML_ONLY: $(cat "$folder/log")"
    local wants
    wants=$(grep -oE '^[A-Za-z0-9_.-]+_DIR:PATH' "$folder/alone/CMakeCache.txt" | grep -vE '^(tl-expected|nlohmann_json)_DIR:' || true)
    [ -z "$wants" ] || fail "COURANT_SENML_ONLY looks for $wants"
    ! grep -q '^PKG_CONFIG_EXECUTABLE' "$folder/alone/CMakeCache.txt" || fail "COURANT_SENML_ONLY looks for pkg-config"
    [ ! -e "$folder/alone/tests" ] && [ ! -e "$folder/alone/cli" ] || fail "COURANT_SENML_ONLY configures more"
}

install_and_move
only_the_library_is_there
headers_are_complete
found_by_cmake
found_by_pkgconfig
alone_it_wants_little
echo passed
