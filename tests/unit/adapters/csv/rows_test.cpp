// Cutting rows: RFC 4180, and what files in the world do to it.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "adapters/csv/rows.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/adapters/csv/workshop.hpp"

using namespace courant::csv;
using courant::test::TempDir;
using courant::test::write_file;
using Strings = std::vector<std::string>;

namespace {

Strings cells(std::string_view text, char separator = ',') {
    Fields fields;
    const Cut cut = cut_row(text, separator, Tail::closed, fields);
    if (cut.result != Cut::Result::row) return {"not a row"};
    return {fields.values.begin(), fields.values.end()};
}

Cut::Result result(std::string_view text, Tail tail) {
    Fields fields;
    return cut_row(text, ',', tail, fields).result;
}

// All rows of a file, each as "line: cell|cell", malformed lines as "line! raw".
Strings rows_of(const std::string& text, Tail tail = Tail::closed) {
    const TempDir folder;
    write_file(folder / "a.csv", text);
    const File file(folder / "a.csv", File::Mode::read);
    RowReader reader(file, ',', {}, tail);
    Strings found;
    Row row;
    for (;;) {
        const auto outcome = reader.next(row);
        if (outcome == RowReader::Found::nothing) return found;
        std::string line = std::to_string(row.begin.line);
        if (outcome == RowReader::Found::malformed) {
            found.push_back(line + "! " + std::string(row.raw));
            continue;
        }
        line += ':';
        for (const auto cell : row.fields.values) line += ' ' + std::string(cell);
        found.push_back(line);
    }
}

}  // namespace

TEST_CASE("fields are cut at separators, empty ones included") {
    CHECK(cells("a,b,c\n") == Strings{"a", "b", "c"});
    CHECK(cells(",b,\r\n") == Strings{"", "b", ""});
    CHECK(cells("a;b\n", ';') == Strings{"a", "b"});
    CHECK(cells("last") == Strings{"last"});
}

TEST_CASE("a quoted field may hold separators, doubled quotes and line breaks") {
    CHECK(cells("\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\"\r\n") ==
          Strings{"a,b", "say \"hi\"", "two\r\nlines"});
    CHECK(cells("\"\",\"\"\"\"") == Strings{"", "\""});
}

TEST_CASE("a quote inside a field that does not begin with one is a character like others") {
    CHECK(cells("5\" pipe,x\n") == Strings{"5\" pipe", "x"});
}

TEST_CASE("text after a closing quote and a quote that never closes make no row") {
    CHECK(result("\"a\"b,c\n", Tail::open) == Cut::Result::malformed);
    CHECK(result("\"a,b\n", Tail::closed) == Cut::Result::malformed);
    CHECK(result("\"a,b\n", Tail::open) == Cut::Result::unfinished);
}

TEST_CASE("a row without line break is finished only if nothing follows") {
    for (const std::string_view text : {"a,b", "a,\"b\"", "a,", "a,\"b\"\r"}) {
        CHECK(result(text, Tail::open) == Cut::Result::unfinished);
        CHECK(result(text, Tail::closed) == Cut::Result::row);
    }
}

TEST_CASE("rows carry the line where they begin, empty lines are skipped") {
    CHECK(rows_of("a,1\n\r\n\n\"b\nc\",2\r\nd,3") == Strings{"1: a 1", "4: b\nc 2", "6: d 3"});
    CHECK(rows_of("a,1\nb,2", Tail::open) == Strings{"1: a 1"});
    CHECK(rows_of("").empty());
}

TEST_CASE("a quote that never closes costs its own line") {
    CHECK(rows_of("a,1\n\"b,2\nc,3\n") == Strings{"1: a 1", "2! \"b,2", "3: c 3"});
}

TEST_CASE("rows that lie across the pieces in which a file is read stay whole") {
    std::string text;
    Strings expected;
    for (int i = 0; i < 20'000; ++i) {
        const std::string cell(static_cast<std::size_t>(i % 23), 'x');
        text += '"' + cell + "\"," + std::to_string(i) + (i % 2 == 0 ? "\n" : "\r\n");
        expected.push_back(std::to_string(i + 1) + ": " + cell + ' ' + std::to_string(i));
    }
    CHECK(rows_of(text) == expected);
}

TEST_CASE("a line longer than a row may be is set aside in pieces, and reading goes on after it") {
    const auto found = rows_of("a,1\n\"" + std::string(3 * max_row_size, 'x') + "\nb,2\n");
    REQUIRE(found.size() > 2);
    CHECK(found.front() == "1: a 1");
    CHECK(found.back() == "3: b 2");
}
