#include "proxy-core/access/period.hpp"

#include <date/tz.h>
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "proxy-core/federation/protocol.hpp"

using namespace courant;
using namespace std::chrono_literals;
using senml::Time;

namespace {

const date::time_zone& paris() {
    return *date::locate_zone("Europe/Paris");
}

const date::time_zone& utc() {
    return *date::locate_zone("UTC");
}

Time time(const std::string& text) {
    return time_from_people(text).value();
}

Period period(std::string_view text) {
    return Period::parse(text).value();
}

}  // namespace

TEST_CASE("a time lies in the period that begins at or before it and ends after it") {
    struct Case {
        std::string_view period;
        const date::time_zone& zone;
        std::string time, begin, end;
    };
    const std::vector<Case> cases{
        {"PT15M", paris(), "2026-06-01T10:29:59Z", "2026-06-01T10:15:00Z", "2026-06-01T10:30:00Z"},
        {"PT15M", paris(), "2026-06-01T10:15:00Z", "2026-06-01T10:15:00Z", "2026-06-01T10:30:00Z"},
        {"PT1H30M", utc(), "1970-01-01T02:00:00Z", "1970-01-01T01:30:00Z", "1970-01-01T03:00:00Z"},
        {"PT1H", utc(), "1969-12-31T23:30:00Z", "1969-12-31T23:00:00Z", "1970-01-01T00:00:00Z"},
        {"P1D", utc(), "2026-06-01T23:30:00Z", "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z"},
        {"P1D", paris(), "2026-06-01T23:30:00Z", "2026-06-01T22:00:00Z", "2026-06-02T22:00:00Z"},
        // 2026-11-20 is a Friday.
        {"P1W", utc(), "2026-11-20T12:00:00Z", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"},
        {"P7D", utc(), "1970-01-01T12:00:00Z", "1969-12-29T00:00:00Z", "1970-01-05T00:00:00Z"},
        {"P1M", paris(), "2026-03-31T21:59:59Z", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"},
        {"P3M", utc(), "2026-11-20T00:00:00Z", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"},
        {"P1Y", paris(), "2026-07-14T12:00:00Z", "2025-12-31T23:00:00Z", "2026-12-31T23:00:00Z"},
    };
    for (const Case& one : cases) {
        CAPTURE(one.period);
        CAPTURE(one.time);
        const Time begin = period(one.period).begin_of(time(one.time), one.zone);
        CHECK(begin == time(one.begin));
        CHECK(period(one.period).end_of(begin, one.zone) == time(one.end));
        CHECK(period(one.period).next_begin(begin, one.zone) == begin);
        CHECK(period(one.period).next_begin(begin + 1ns, one.zone) == time(one.end));
    }
}

TEST_CASE("the days on which the clocks change have 23 and 25 hours, and no hour is in two days") {
    const Period day = period("P1D");
    const auto length = [&](const std::string& noon) {
        const Time begin = day.begin_of(time(noon), paris());
        return day.end_of(begin, paris()) - begin;
    };
    CHECK(length("2026-03-29T10:00:00Z") == 23h);
    CHECK(length("2026-10-25T11:00:00Z") == 25h);
    CHECK(length("2026-10-26T11:00:00Z") == 24h);
    for (Time hour = time("2026-01-01T00:00:00Z"); hour < time("2027-01-01T00:00:00Z");
         hour += 30min) {
        const Time begin = day.begin_of(hour, paris());
        REQUIRE(begin <= hour);
        REQUIRE(hour < day.end_of(begin, paris()));
    }
}

TEST_CASE("where clocks jump over midnight, the day begins when they have jumped") {
    const auto& beirut = *date::locate_zone("Asia/Beirut");
    const Period day = period("P1D");
    // 2019-03-31 began at 01:00 summer time.
    const Time begin = day.begin_of(time("2019-03-31T10:00:00Z"), beirut);
    CHECK(begin == time("2019-03-30T22:00:00Z"));
    CHECK(day.end_of(begin, beirut) - begin == 23h);
    CHECK(day.begin_of(begin - 1ns, beirut) < begin);
}

TEST_CASE("a duration that has no beginning in the calendar is no period") {
    for (const auto* text : {"", "1h", "P0D", "P1DT1H", "P1M1D", "PT", "P300Y", "P1YT1S"})
        CHECK_MESSAGE(!Period::parse(text), text);
}

TEST_CASE("a period is made of another one if whole ones of that fill it") {
    const Time now = time("2026-11-20T00:00:00Z");
    const auto fits = [&](std::string_view coarse, std::string_view fine,
                          const date::time_zone& zone) {
        return period(coarse).made_of(period(fine), zone, now);
    };
    CHECK(fits("PT1H", "PT15M", utc()));
    CHECK(fits("PT1H", "PT1H", utc()));
    CHECK_FALSE(fits("PT15M", "PT1H", utc()));
    CHECK_FALSE(fits("PT90M", "PT1H", utc()));
    CHECK(fits("P1D", "PT1H", paris()));
    CHECK(fits("P1D", "PT2H", utc()));
    // Midnight in Paris is at 22 and 23 o'clock UTC, and in Delhi at 18:30.
    CHECK_FALSE(fits("P1D", "PT2H", paris()));
    CHECK_FALSE(fits("P1D", "PT1H", *date::locate_zone("Asia/Kolkata")));
    CHECK(fits("P1D", "PT30M", *date::locate_zone("Asia/Kolkata")));
    CHECK_FALSE(fits("P1D", "PT7H", utc()));
    CHECK(fits("P1M", "P1D", paris()));
    CHECK(fits("P1Y", "P1M", paris()));
    CHECK_FALSE(fits("P1M", "P1W", paris()));
    CHECK_FALSE(fits("P1D", "P1M", paris()));
    CHECK_FALSE(fits("PT24H", "P1D", utc()));
}

TEST_CASE("how many periods fill a time, on a long day as on a short one") {
    const auto quarters_of = [&](const std::string& noon) {
        const Time begin = period("P1D").begin_of(time(noon), paris());
        return period("PT15M").count_between(begin, period("P1D").end_of(begin, paris()), paris());
    };
    CHECK(quarters_of("2026-06-01T12:00:00Z") == 96);
    CHECK(quarters_of("2026-03-29T12:00:00Z") == 92);
    CHECK(quarters_of("2026-10-25T12:00:00Z") == 100);
    const Time march = time("2026-02-28T23:00:00Z");
    CHECK(period("P1D").count_between(march, period("P1M").end_of(march, paris()), paris()) == 31);
    CHECK(period("P1Y").count_between(march, march + 24h, paris()) == 1);
}

TEST_CASE("the coarser of two periods counts, and none is finer than any") {
    CHECK(coarser("PT1H", "PT15M") == "PT1H");
    CHECK(coarser("PT15M", "P1D") == "P1D");
    CHECK(coarser("", "P1D") == "P1D");
    CHECK(coarser("P1D", "") == "P1D");
    CHECK(coarser("P1D", "PT24H") == "P1D");
    CHECK(coarser("", "").empty());
}
