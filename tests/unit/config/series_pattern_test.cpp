#include "proxy-core/access/series_pattern.hpp"

#include <doctest/doctest.h>

#include <string>

using courant::may_be_about;
using courant::series_matches;

constexpr auto name = "zabbix@lorient.example/school@lorient.example/pv/power";

TEST_CASE("a star stands for any run of characters, slashes included") {
    CHECK(series_matches("*", name));
    CHECK(series_matches("*", ""));
    CHECK(series_matches(name, name));
    CHECK(series_matches("zabbix@*", name));
    CHECK(series_matches("*/pv/power", name));
    CHECK(series_matches("zabbix@lorient.example/*/power", name));
    CHECK(series_matches("*school*pv*", name));
    CHECK(series_matches("**power*", name));
    CHECK(series_matches("*power", "power/power"));
}

TEST_CASE("a pattern fits the whole name or not at all") {
    CHECK_FALSE(series_matches("", name));
    CHECK_FALSE(series_matches("zabbix@lorient.example", name));
    CHECK_FALSE(series_matches("*/pv", name));
    CHECK_FALSE(series_matches("school*", name));
    CHECK_FALSE(series_matches("*POWER", name));
    CHECK_FALSE(series_matches("power*power", "power"));
}

TEST_CASE("a spiteful pattern does not take forever") {
    std::string pattern;
    for (int i = 0; i < 200; ++i) pattern += "*a";
    CHECK_FALSE(series_matches(pattern + "*b", std::string(5000, 'a')));
}

TEST_CASE("whether a pattern can mean somebody is decided by the subject's place in names") {
    const std::string_view anne = "anne@town.example";
    for (const std::string_view pattern :
         {"*", "app@town.example/*", "*/anne@town.example/*", "app@x.example/anne@*/power",
          "*/power", "app@x.example/a*e@town.example/power", "app@x.example/*anne@town.example/p*",
          "app@x.example/anne@town.example/power", "*/anne@town.example/*/*/power*"})
        CHECK_MESSAGE(may_be_about(pattern, anne), pattern);
    for (const std::string_view pattern :
         {"app@x.example/paul@town.example/*",
          "app@x.example/paul@town.example/anne@town.example/p", "app@x.example/paul*",
          "anne@town.example", "app@x.example/anne@town.example", ""})
        CHECK_MESSAGE(!may_be_about(pattern, anne), pattern);
    // A star may stand for segments.
    CHECK(may_be_about("*/paul@town.example/*", anne));
}
