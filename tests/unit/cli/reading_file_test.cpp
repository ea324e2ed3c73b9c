// What `courant history` writes is whole after each portion, and gone on with where it was cut.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "cli/history/reading_file.hpp"
#include "senml/codec.hpp"
#include "tests/support/temp_dir.hpp"

using namespace courant;
using namespace courant::cli;
using courant::test::TempDir;

namespace {

const std::string series = "meter:town.example/house:town.example/power";

senml::Time at(int second) {
    return senml::from_unix_seconds(1'700'000'000 + second);
}

senml::Pack readings(int first, int last) {
    senml::Pack pack;
    const auto name = pack.intern_name(series);
    const auto watt = pack.intern_unit("W");
    for (int i = first; i <= last; ++i) pack.add(name, watt, at(i), i + 0.5);
    return pack;
}

std::string content(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("each format is what its readers expect") {
    const TempDir folder;
    for (const auto format : {ReadingFormat::csv, ReadingFormat::ndjson, ReadingFormat::senml})
        ReadingFile(folder / std::to_string(static_cast<int>(format)), format, series)
            .add(readings(1, 2));
    CHECK(content(folder / "0") ==
          "time,value,unit\n2023-11-14T22:13:21Z,1.5,W\n2023-11-14T22:13:22Z,2.5,W\n");
    const std::string lines = content(folder / "1");
    CHECK(lines.starts_with("{\"n\":\"" + series + "\""));
    CHECK(lines.find("\n{") != std::string::npos);
    const auto pack = senml::read(senml::Format::json, content(folder / "2"), {.now = {}});
    REQUIRE(pack);
    CHECK(*pack == readings(1, 2));
}

TEST_CASE("a file cut anywhere after its head is gone on with, and ends up the same") {
    for (const auto format : {ReadingFormat::csv, ReadingFormat::ndjson, ReadingFormat::senml}) {
        const TempDir folder;
        ReadingFile(folder / "whole", format, series).add(readings(1, 5));
        const std::string whole = content(folder / "whole");
        for (std::size_t size = ReadingFrame::of(format).head.size(); size <= whole.size();
             ++size) {
            CAPTURE(static_cast<int>(format));
            CAPTURE(size);
            std::ofstream(folder / "cut", std::ios::binary | std::ios::trunc)
                << whole.substr(0, size);
            {
                ReadingFile file(folder / "cut", format, series);
                int next = 1;
                if (file.last())
                    next = 1 + static_cast<int>((*file.last() - at(0)) / std::chrono::seconds(1));
                if (next <= 5) file.add(readings(next, 5));
            }
            REQUIRE(content(folder / "cut") == whole);
        }
    }
}

TEST_CASE("another's file is left as it is") {
    const TempDir folder;
    const auto file = folder / "a";
    for (const std::string text :
         {"a,b\n1,2\n", "[\n{\"n\":\"other\",\"t\":1700000001,\"v\":1}\n]\n"}) {
        std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
        for (const auto format : {ReadingFormat::csv, ReadingFormat::senml})
            CHECK_THROWS_AS(ReadingFile(file, format, series), Error);
        CHECK(content(file) == text);
    }
}

TEST_CASE("a text that a spreadsheet would run is made harmless, and one of two lines is refused") {
    senml::Pack pack;
    const auto name = pack.intern_name(series);
    pack.add_text(name, senml::no_unit, at(0), "=1+1");
    pack.add_text(name, senml::no_unit, at(1), "a\nb");
    CHECK(text_of(pack, 0, ReadingFormat::csv) == "2023-11-14T22:13:20Z,\"'=1+1\",");
    CHECK_THROWS_AS(text_of(pack, 1, ReadingFormat::csv), Error);
}

TEST_CASE("a stream is whole when it is finished, also without a reading") {
    std::ostringstream none;
    ReadingStream(none, ReadingFormat::senml).finish();
    CHECK(none.str() == "[\n\n]\n");
    std::ostringstream some;
    ReadingStream out(some, ReadingFormat::senml);
    out.add(readings(1, 1));
    out.add(readings(2, 2));
    out.finish();
    const auto pack = senml::read(senml::Format::json, some.str(), {.now = {}});
    REQUIRE(pack);
    CHECK(*pack == readings(1, 2));
}
