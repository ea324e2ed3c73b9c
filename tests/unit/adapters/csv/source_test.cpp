// What the rows of a file become: wide and long files, gaps, faults, decimal commas, dialects.
#include <doctest/doctest.h>

#include "tests/unit/adapters/csv/workshop.hpp"

using namespace courant;
using namespace courant::test;
using Strings = std::vector<std::string>;

namespace {

// What a file gives in one pull.
Extraction read(std::string_view text, Given given = {}, std::vector<Settings> series = {}) {
    const TempDir folder;
    write_file(folder / "town.csv", text);
    given.insert(given.begin(), {"time_zone", "UTC"});
    return csv_source(folder / "town.csv", given, std::move(series))->pull("", call_now());
}

std::string config_fault(std::string_view text, Given given = {},
                         std::vector<Settings> series = {}) {
    try {
        read(text, std::move(given), std::move(series));
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "no fault";
}

}  // namespace

TEST_CASE("a wide file: a column for each series, converted to primary units") {
    const auto got = read(
        "time,pv,house\n1970-01-01 00:00:10,1.5,0.392\n", {},
        {series_table({{"column", "house"}, {"name", power}, {"unit", "kW"}}),
         series_table(
             {{"column", "pv"}, {"name", "a@b.example/c@d.example/energy"}, {"unit", "kWh"}})});
    CHECK(told(got.readings) == Strings{"10 power W 392.000000", "10 energy J 5400000.000000"});
    CHECK(got.readings.name(got.readings[0].name) == power_senml);
    CHECK(got.refused.empty());
    CHECK_FALSE(got.more);
}

TEST_CASE("a long file: a column tells which series a row is of") {
    const auto text =
        "time,meter,value\n1970-01-01T00:00:10Z,A,1\n1970-01-01T00:00:10Z,B,2\n"
        "1970-01-01T00:00:20Z,C,3\n";
    const auto series = [] {
        return std::vector{
            series_table({{"column", "value"}, {"key", "A"}, {"name", power}, {"unit", "W"}}),
            series_table(
                {{"column", "value"}, {"key", "B"}, {"name", "a@b.example/c@d.example/b"}})};
    };
    const auto got = read(text, {{"key_column", "meter"}}, series());
    CHECK(told(got.readings) == Strings{"10 power W 1.000000", "10 b  2.000000"});
    CHECK(got.refused.empty());
    const auto strict = read(text, {{"key_column", "meter"}, {"unknown_key", "refuse"}}, series());
    REQUIRE(strict.refused.size() == 1);
    CHECK(strict.refused[0].where == "town.csv:4");
}

TEST_CASE("an empty cell is a gap, and so is a word that is declared missing") {
    const auto got =
        read("time,power\n1970-01-01T00:00:10,\n1970-01-01T00:00:20,NA\n1970-01-01T00:00:30,0\n",
             {{"missing", "NA|-"}});
    CHECK(told(got.readings) == Strings{"30 power W 0.000000"});
    CHECK(got.refused.empty());
}

TEST_CASE(
    "a line that does not parse costs that line, a cell that cell, with the place and the reason") {
    const auto got = read(
        "time,power,pv\n1970-01-01T00:00:10,1,2\nnoon,1,2\n1970-01-01T00:00:20,one,2\n"
        "1970-01-01T00:00:30,1\n1970-01-01T00:00:40,1,2,3\n1970-01-01T00:00:50,5,6,\n",
        {},
        {series_table({{"column", "power"}, {"name", power}, {"unit", "W"}}),
         series_table({{"column", "pv"}, {"name", "a@b.example/c@d.example/pv"}, {"unit", "W"}})});
    CHECK(values(got.readings) == std::vector<double>{1, 2, 2, 5, 6});
    REQUIRE(got.refused.size() == 4);
    CHECK(got.refused[0].where == "town.csv:3");
    CHECK(got.refused[0].payload == "noon,1,2");
    CHECK(got.refused[1].where == "town.csv:4");
    CHECK(got.refused[1].reason == "column power: \"one\" is no number");
    CHECK(got.refused[2].where == "town.csv:5");
    CHECK(got.refused[3].where == "town.csv:6");
    CHECK(got.refused[3].reason.starts_with("4 fields where 3 are expected"));
}

TEST_CASE("a stray quote costs its line, not the lines that it swallowed") {
    const auto got = read(
        "time,power\n1970-01-01T00:00:10,\"1\n1970-01-01T00:00:20,2\n"
        "1970-01-01T00:00:30,3\"\n1970-01-01T00:00:40,4\n");
    CHECK(values(got.readings) == std::vector<double>{2, 4});
    REQUIRE(got.refused.size() == 2);
    CHECK(got.refused[0].where == "town.csv:2");
    CHECK(got.refused[0].payload == "1970-01-01T00:00:10,\"1");
    CHECK(got.refused[1].where == "town.csv:4");
}

TEST_CASE(
    "decimal comma and semicolon; a point is then no decimal sign and refused rather than "
    "guessed") {
    const auto got = read("time;power\n1970-01-01T00:00:10;0,392\n1970-01-01T00:00:20;1.234\n",
                          {{"separator", ";"}, {"decimal", ","}},
                          {series_table({{"column", "power"}, {"name", power}, {"unit", "kW"}})});
    CHECK(values(got.readings) == std::vector<double>{392});
    CHECK(got.refused.size() == 1);
}

TEST_CASE("byte order mark, CRLF, a preamble, blanks around cells and a repeated header") {
    const auto got = read(
        "\xEF\xBB\xBF"
        "Export of today\r\ntime , power\r\n1970-01-01T00:00:10 , 1 \r\n"
        "time , power\r\n1970-01-01T00:00:20,2\r\n",
        {{"skip_lines", std::int64_t{1}}});
    CHECK(values(got.readings) == std::vector<double>{1, 2});
    CHECK(got.refused.empty());
}

TEST_CASE("a file without header: columns by number, or with names from the settings") {
    const auto by_number = read("1970-01-01T00:00:10,7\n", {{"header", false}},
                                {series_table({{"column", "#2"}, {"name", power}})});
    CHECK(values(by_number.readings) == std::vector<double>{7});
    const auto by_name =
        read("1970-01-01T00:00:10,7\n",
             {{"header", false}, {"columns", "when, power"}, {"time_column", "when"}});
    CHECK(values(by_name.readings) == std::vector<double>{7});
}

TEST_CASE("texts and booleans") {
    const auto got = read(
        "time,tariff,open\n1970-01-01T00:00:10,\"HP, red\",true\n1970-01-01T00:00:20,HC,maybe\n",
        {},
        {series_table(
             {{"column", "tariff"}, {"name", "a@b.example/c@d.example/tariff"}, {"kind", "text"}}),
         series_table(
             {{"column", "open"}, {"name", "a@b.example/c@d.example/open"}, {"kind", "boolean"}})});
    CHECK(told(got.readings) ==
          Strings{"10 tariff  \"HP, red\"", "10 open  true", "20 tariff  \"HC\""});
    CHECK(got.refused.size() == 1);
}

TEST_CASE("a missing column is an error that lists the columns there are") {
    const auto fault =
        config_fault("time,GC\n", {}, {series_table({{"column", "GG"}, {"name", power}})});
    CHECK(fault.ends_with(
        "column: town.csv has no column \"GG\"; its columns: #1 \"time\", #2 \"GC\""));
    CHECK(config_fault("time,power,power\n")
              .ends_with("say which by its number: #1 \"time\", #2 \"power\", #3 \"power\""));
    CHECK(config_fault("time,power\n", {{"time_column", "#3"}}).find("has no column #3") !=
          std::string::npos);
}

TEST_CASE("settings that make no sense are refused before a file is opened") {
    CHECK(config_fault("", {{"separator", "::"}}).find("separator") != std::string::npos);
    CHECK(config_fault("", {{"separator", "."}}).find("separator") != std::string::npos);
    CHECK(config_fault("", {{"time_zone", "Mars/Olympus"}}).find("time_zone") != std::string::npos);
    CHECK(config_fault("", {{"time_format", "%Q"}}).find("%Q is not known") != std::string::npos);
    CHECK(config_fault("", {{"key_column", "meter"}}).find("key: must be given") !=
          std::string::npos);
    CHECK(
        config_fault("", {}, {series_table({{"column", "a"}, {"name", "nobody"}})}).find("name") !=
        std::string::npos);
    CHECK_THROWS_AS(csv_adapter().source(described(csv_adapter().properties, {})), ConfigError);
}

TEST_CASE(
    "a local time without a declared zone is an error, never silently UTC; with an offset none is "
    "needed") {
    const TempDir folder;
    write_file(folder / "town.csv",
               "time,power\n1970-01-01T01:00:10+01:00,1\n1970-01-01T00:00:20,2\n");
    const auto source = csv_source(folder / "town.csv");
    const auto first = source->pull("", call_now());
    CHECK(told(first.readings) == Strings{"10 power W 1.000000"});
    CHECK(first.more);
    CHECK_THROWS_WITH_AS(source->pull(first.cursor, call_now()),
                         doctest::Contains("town.csv:3 has no offset"), ConfigError);
}

TEST_CASE("UTF-16 is named as what it is") {
    CHECK_THROWS_WITH_AS(read(std::string_view("\xFF\xFEt\0i\0", 6)),
                         doctest::Contains("is UTF-16"), Error);
}
