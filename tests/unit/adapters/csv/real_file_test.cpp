// A year of a real home near Sydney: local clock times on a plain calendar, which the two days of
// change do not fit.
#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "adapters/csv/time_format.hpp"
#include "senml/number.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/unit/adapters/csv/workshop.hpp"

using namespace courant;
using namespace courant::test;

namespace {

struct Year {
    senml::Pack readings;
    std::vector<Refused> refused;
};

std::optional<std::filesystem::path> file() {
    auto path = shared_file("data/ausgrid-customer12-2011-2012.csv");
    if (!path) MESSAGE("the Ausgrid file is not here; nothing was tested");
    return path;
}

Year read_year(const std::filesystem::path& path, Given given) {
    const std::string home = "ausgrid@grid.example/customer12@grid.example/";
    const auto source = csv_source(
        path, std::move(given),
        {series_table({{"column", "GC"}, {"name", home + "consumption"}, {"unit", "kW"}}),
         series_table({{"column", "GG"}, {"name", home + "solar"}, {"unit", "kW"}})});
    Year year;
    std::string cursor;
    for (bool more = true; more;) {
        auto pulled = source->pull(cursor, call_now());
        for (std::size_t i = 0; i < pulled.readings.size(); ++i)
            year.readings.add_from(pulled.readings, i);
        for (auto& refused : pulled.refused) year.refused.push_back(std::move(refused));
        cursor = pulled.cursor;
        more = pulled.more;
    }
    return year;
}

std::set<senml::Time> times(const senml::Pack& pack) {
    std::set<senml::Time> found;
    for (const auto& record : pack.records()) found.insert(record.time);
    return found;
}

std::string between(const std::set<senml::Time>& all, std::string_view from, std::string_view to) {
    std::string found;
    for (const auto time : all) {
        const auto text = csv::iso8601(time);
        if (text >= from && text <= to) found += text.substr(11, 5) + ' ';
    }
    return found;
}

}  // namespace

TEST_CASE("Ausgrid with the fixed zone +10:00: all 35136 readings arrive, each half hour once") {
    const auto path = file();
    if (!path) return;
    const Year year = read_year(*path, {{"time_zone", "+10:00"}});
    CHECK(year.refused.empty());
    CHECK(year.readings.size() == 35'136);
    const auto stamps = times(year.readings);
    CHECK(stamps.size() == 17'568);
    CHECK(csv::iso8601(*stamps.begin()) == "2011-06-30T14:00:00Z");
    CHECK(csv::iso8601(*stamps.rbegin()) == "2012-06-30T13:30:00Z");
}

TEST_CASE("Ausgrid: every value is the decimal text times a thousand, rounded once") {
    const auto path = file();
    if (!path) return;
    const Year year = read_year(*path, {{"time_zone", "+10:00"}});
    std::ifstream in(*path);
    std::string line;
    std::getline(in, line);
    std::size_t at = 0;
    std::size_t different = 0;
    while (std::getline(in, line)) {
        const auto first = line.find(',');
        const auto second = line.find(',', first + 1);
        REQUIRE(at + 1 < year.readings.size());
        const auto gc = senml::parse_scaled(line.substr(first + 1, second - first - 1), 3);
        const auto gg = senml::parse_scaled(line.substr(second + 1), 3);
        if (gc != year.readings[at++].number) ++different;
        if (gg != year.readings[at++].number) ++different;
    }
    CHECK(at == 35'136);
    CHECK(different == 0);
    CHECK(year.readings[0].number == 392.0);
    CHECK(year.readings.unit(year.readings[0].unit) == "W");
}

TEST_CASE(
    "Ausgrid with Australia/Sydney and nonexistent = refuse: the two rows of the skipped hour of "
    "October are refused, the hour that April shows twice is read as its first showing") {
    const auto path = file();
    if (!path) return;
    const Year year = read_year(*path, {{"time_zone", "Australia/Sydney"}});
    REQUIRE(year.refused.size() == 2);
    CHECK(year.refused[0].where == "ausgrid-customer12-2011-2012.csv:4470");
    CHECK(year.refused[0].payload == "2011-10-02 02:00:00,0.0,0.0");
    CHECK(year.refused[1].where == "ausgrid-customer12-2011-2012.csv:4471");
    CHECK(year.refused[1].payload == "2011-10-02 02:30:00,0.0,0.0");
    CHECK(year.readings.size() == 35'132);
    const auto stamps = times(year.readings);
    CHECK(stamps.size() == 17'566);
    // October: without a hole. April: the file has the hour once, so one hour stays empty.
    CHECK(between(stamps, "2011-10-01T15:00", "2011-10-01T17:00") == "15:00 15:30 16:00 16:30 ");
    CHECK(between(stamps, "2012-03-31T14:30", "2012-03-31T17:30") == "14:30 15:00 15:30 17:00 ");
}

TEST_CASE(
    "Ausgrid with Australia/Sydney and ambiguous = second: the hole of April lies an hour "
    "earlier") {
    const auto path = file();
    if (!path) return;
    const Year year =
        read_year(*path, {{"time_zone", "Australia/Sydney"}, {"ambiguous", "second"}});
    CHECK(between(times(year.readings), "2012-03-31T14:30", "2012-03-31T17:30") ==
          "14:30 16:00 16:30 17:00 ");
}

TEST_CASE(
    "Ausgrid with Australia/Sydney and nonexistent = shift: the filler rows of October fall on "
    "the hour after, whose times then come twice") {
    const auto path = file();
    if (!path) return;
    const Year year =
        read_year(*path, {{"time_zone", "Australia/Sydney"}, {"nonexistent", "shift"}});
    CHECK(year.refused.empty());
    CHECK(year.readings.size() == 35'136);
    CHECK(times(year.readings).size() == 17'566);
}
