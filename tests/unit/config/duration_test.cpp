#include "proxy-core/config/duration.hpp"

#include <doctest/doctest.h>

#include <initializer_list>

using namespace courant;
using namespace std::chrono_literals;

TEST_CASE("durations are read as people write them") {
    CHECK(parse_duration("30s") == 30s);
    CHECK(parse_duration("5m") == 5min);
    CHECK(parse_duration("1h30m") == 90min);
    CHECK(parse_duration("2d") == 48h);
    CHECK(parse_duration("250ms") == 250ms);
    CHECK(parse_duration("1d1h1m1s1ms") == 25h + 1min + 1s + 1ms);
    CHECK(parse_duration("0s") == 0s);
}

TEST_CASE("what is no duration is refused with the reason") {
    for (const char* text : {"", "5", "m", "5 m", "1.5h", "-5m", "5M", "30m1h", "5m5m", "1h m",
                             "5µs", "106752d", "99999999999999999999s"})
        CHECK_FALSE(parse_duration(text));
    CHECK(parse_duration("5").error() ==
          "\"5\" is no duration: a number has no unit. Write it as 30s, 5m, 1h30m or 2d");
}

TEST_CASE("a duration's text reads back") {
    for (const char* text : {"30s", "5m", "1h30m", "2d", "250ms", "0s", "1d1ms"})
        CHECK(duration_text(*parse_duration(text)) == text);
    CHECK(duration_text(90s) == "1m30s");
    CHECK(duration_text(-90s) == "-1m30s");
}

TEST_CASE("retention is an ISO 8601 duration longer than nothing") {
    for (const char* text : {"P3Y", "P1Y6M", "P30D", "PT36H", "P1Y2M3DT4H5M6S", "P2W", "PT1M"})
        CHECK(is_iso_duration(text));
    for (const char* text : {"", "P", "3Y", "PT", "P1YT", "P3", "PY", "P1M1Y", "P1S", "PT1D", "P0D",
                             "P1.5Y", "P-1Y", "p3y", "P1W2D", "P2WT1H", "P3Y ", "P99999999999Y"})
        CHECK_FALSE(is_iso_duration(text));
}

TEST_CASE("of two ISO durations it is known which is the longer") {
    CHECK(nominal_length("P1D") == std::chrono::hours(24));
    CHECK(nominal_length("P2W") == std::chrono::hours(24 * 14));
    CHECK(nominal_length("PT1H30M5S") == std::chrono::seconds(5405));
    CHECK(nominal_length("P1Y") == nominal_length("P12M"));
    CHECK(nominal_length("P1M") > nominal_length("P30D"));
    CHECK(nominal_length("PT1M") < nominal_length("P1M"));
    CHECK(nominal_length("P999Y") == nominal_length("P250Y"));
    CHECK(nominal_length("P99999999999999999999Y") <= nominal_length("P250Y"));
    CHECK(nominal_length("three years").count() == 0);
}
