// Time cells, and the two days of the year on which a local time is none or two.
#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "adapters/csv/time_format.hpp"
#include "adapters/csv/zone.hpp"

using namespace courant::csv;

namespace {

// The cell as UTC, or "refused".
std::string utc(std::string_view format, std::string_view cell) {
    const auto compiled = TimeFormat::compile(format);
    REQUIRE(compiled.has_value());
    const auto stamp = compiled->read(cell);
    if (!stamp) return "refused";
    return iso8601(stamp->clock - stamp->offset.value_or(std::chrono::seconds{0}));
}

// A local time in a zone as UTC, or the reason why not.
std::string in_zone(const Zone& zone, std::string_view local, std::optional<Pass>& pass) {
    const auto stamp = TimeFormat::compile("iso8601")->read(local);
    const auto time = zone.to_utc(stamp->clock, pass);
    return time ? iso8601(*time) : time.error();
}

std::string in_zone(const Zone& zone, std::string_view local) {
    std::optional<Pass> pass;
    return in_zone(zone, local, pass);
}

Zone zone(std::string_view name, Nonexistent nonexistent = Nonexistent::refuse,
          Ambiguous ambiguous = Ambiguous::first) {
    return *Zone::find(name, nonexistent, ambiguous);
}

}  // namespace

TEST_CASE("ISO 8601 times, with and without offset and fraction") {
    CHECK(utc("iso8601", "2011-07-01T00:30:00Z") == "2011-07-01T00:30:00Z");
    CHECK(utc("iso8601", " 2011-07-01 00:30:00 ") == "2011-07-01T00:30:00Z");
    CHECK(utc("iso8601", "2011-07-01T00:30") == "2011-07-01T00:30:00Z");
    CHECK(utc("iso8601", "2011-07-01") == "2011-07-01T00:00:00Z");
    CHECK(utc("iso8601", "2011-07-01T00:30:00.25+10:00") == "2011-06-30T14:30:00.25Z");
    CHECK(utc("iso8601", "2011-07-01T00:30:00 -0330") == "2011-07-01T04:00:00Z");
    CHECK(utc("iso8601", "2011-07-01T00:30:00,123456789+01") == "2011-06-30T23:30:00.123456789Z");
}

TEST_CASE("times that do not exist are refused, not normalised") {
    for (const auto* cell :
         {"2011-02-29", "2011-13-01", "2011-07-01 24:00:00", "2011-07-01 00:60:00",
          "2011-07-01 00:00:60", "2011-7-1", "2011-07-01x", "2011-07-01 00:00:00 +25:00", "",
          "1066-10-14 09:00:00", "2011-07-01 00:00:00."})
        CHECK(utc("iso8601", cell) == "refused");
}

TEST_CASE("Unix seconds and milliseconds") {
    CHECK(utc("unix", "1309442400.5") == "2011-06-30T14:00:00.5Z");
    CHECK(utc("unix_ms", "1309442400500") == "2011-06-30T14:00:00.5Z");
    CHECK(utc("unix_ms", "1309442400500.5") == "refused");
    CHECK(utc("unix", "yesterday") == "refused");
}

TEST_CASE("patterns of one's own") {
    CHECK(utc("%d/%m/%Y %H:%M", "1/7/2011 9:05") == "2011-07-01T09:05:00Z");
    CHECK(utc("%d.%m.%y %T", "01.07.11 09:05:06.5") == "2011-07-01T09:05:06.5Z");
    CHECK(utc("%b %d %Y %I:%M %p", "JUL 01 2011 12:15 am") == "2011-07-01T00:15:00Z");
    CHECK(utc("%F %T%z", "2011-07-01 00:30:00+10:00") == "2011-06-30T14:30:00Z");
    CHECK(utc("%Y%m%d%H%M", "201107010930") == "2011-07-01T09:30:00Z");
    CHECK(utc("%d/%m/%Y", "07-01-2011") == "refused");
    CHECK(utc("%d/%m/%Y", "01/07/2011 12:00") == "refused");
}

TEST_CASE("a pattern with an unknown directive is an error of the settings") {
    CHECK_FALSE(TimeFormat::compile("%Q").has_value());
    CHECK_FALSE(TimeFormat::compile("%d/%").has_value());
    CHECK_FALSE(TimeFormat::compile("dd/mm/yyyy").has_value());
}

TEST_CASE("zones: names, UTC and fixed offsets; anything else is an error of the settings") {
    CHECK(in_zone(zone("UTC"), "2011-07-01T00:00:00") == "2011-07-01T00:00:00Z");
    CHECK(in_zone(zone("+10:00"), "2011-07-01T00:00:00") == "2011-06-30T14:00:00Z");
    CHECK(in_zone(zone("Europe/Paris"), "2026-07-01T00:00:00") == "2026-06-30T22:00:00Z");
    CHECK_FALSE(Zone::find("Paris", Nonexistent::refuse, Ambiguous::first).has_value());
    CHECK_FALSE(Zone::find("+1000000", Nonexistent::refuse, Ambiguous::first).has_value());
}

TEST_CASE("a local time that the clocks skip is refused with the reason, or shifted") {
    CHECK(
        in_zone(zone("Europe/Paris"), "2026-03-29T02:30:00")
            .starts_with("2026-03-29T02:30:00 does not exist in Europe/Paris: the clocks went from "
                         "2026-03-29T02:00:00 to 2026-03-29T03:00:00."));
    CHECK(in_zone(zone("Europe/Paris", Nonexistent::shift), "2026-03-29T02:30:00") ==
          "2026-03-29T01:30:00Z");
    CHECK(in_zone(zone("Europe/Paris"), "2026-03-29T03:00:00") == "2026-03-29T01:00:00Z");
}

TEST_CASE("a local time that the clocks show twice is the first or the second, as decided") {
    const auto paris = [](Ambiguous a) { return zone("Europe/Paris", Nonexistent::refuse, a); };
    CHECK(in_zone(paris(Ambiguous::first), "2026-10-25T02:30:00") == "2026-10-25T00:30:00Z");
    CHECK(in_zone(paris(Ambiguous::second), "2026-10-25T02:30:00") == "2026-10-25T01:30:00Z");
}

TEST_CASE("by sequence, the second showing begins where the clock does not advance") {
    const Zone paris = zone("Europe/Paris", Nonexistent::refuse, Ambiguous::sequence);
    std::optional<Pass> pass;
    std::string seen;
    for (const auto* local : {"01:30", "02:00", "02:30", "02:00", "02:30", "03:00"})
        seen += in_zone(paris, "2026-10-25T" + std::string(local), pass).substr(11, 6);
    CHECK(seen == "23:30:00:00:00:30:01:00:01:30:02:00:");
    CHECK_FALSE(pass.has_value());
}

TEST_CASE("by sequence, hourly rows show the hour twice and both find their place") {
    const Zone paris = zone("Europe/Paris", Nonexistent::refuse, Ambiguous::sequence);
    std::optional<Pass> pass;
    CHECK(in_zone(paris, "2026-10-25T02:00:00", pass) == "2026-10-25T00:00:00Z");
    CHECK(in_zone(paris, "2026-10-25T02:00:00", pass) == "2026-10-25T01:00:00Z");
}

TEST_CASE("written times have as many decimals as they need") {
    using courant::senml::Time;
    CHECK(iso8601(Time{std::chrono::nanoseconds{0}}) == "1970-01-01T00:00:00Z");
    CHECK(iso8601(Time{std::chrono::nanoseconds{1}}) == "1970-01-01T00:00:00.000000001Z");
    CHECK(iso8601(Time{std::chrono::milliseconds{-500}}) == "1969-12-31T23:59:59.5Z");
}
