# Writes the .sql files of a folder into a C++ source, so that the program carries its migrations
# with it.
#
#   cmake "-DFILES=a/0001_x.sql;a/0002_y.sql" -DNAME=sqlite_migrations -DOUTPUT=x.cpp
#         -P embed_migrations.cmake
#
# A file is called NNNN_what.sql; NNNN is its version and starts at 0001, without holes.

set(entries "")
set(expected 1)
foreach(file IN LISTS FILES)
    get_filename_component(stem "${file}" NAME_WE)
    if(NOT stem MATCHES "^([0-9][0-9][0-9][0-9])_(.+)$")
        message(FATAL_ERROR "${file}: a migration is called NNNN_what.sql")
    endif()
    set(name "${CMAKE_MATCH_2}")
    string(REGEX REPLACE "^0+" "" version "${CMAKE_MATCH_1}")
    if(NOT version EQUAL expected)
        message(FATAL_ERROR "${file}: expected version ${expected} here")
    endif()
    math(EXPR expected "${expected} + 1")
    file(READ "${file}" sql)
    # Compilers limit the length of one literal; adjacent ones join, and no line of SQL is that
    # long.
    string(REGEX REPLACE "\n" "\n)sql\" R\"sql(" sql "${sql}")
    string(APPEND entries "    {${version}, \"${name}\", R\"sql(${sql})sql\"},\n")
endforeach()

file(WRITE "${OUTPUT}" "// Made by embed_migrations.cmake.
#include \"proxy-core/mailbox/detail/migrations.hpp\"

namespace courant::detail {
namespace {

constexpr Migration all[] = {
${entries}};

}  // namespace

std::span<const Migration> ${NAME}() {
    return all;
}

}  // namespace courant::detail
")
