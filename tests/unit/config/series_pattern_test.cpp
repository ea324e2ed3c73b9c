#include "proxy-core/access/series_pattern.hpp"

#include <doctest/doctest.h>

#include <string>

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
