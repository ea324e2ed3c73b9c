// Conformance point 100: no result depends on the locale.
//
// The ctest `unit_senml_comma` runs this whole program under fr_FR.UTF-8, where the decimal point
// is a comma and thousands stand apart, set in both of the ways that a program can set it. Here is
// only what that run needs besides: that the comma is really in force, and that the numbers in
// faults are digits and nothing else.
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>

#include "packs.hpp"

using namespace courant::senml::test;

TEST_CASE("100 where a locale is asked for, the decimal point is a comma in C and in C++") {
    if (std::getenv("COURANT_TEST_LOCALE") == nullptr) {
        MESSAGE("no locale asked for: unit_senml_comma does");
        return;
    }
    char text[16];
    std::snprintf(text, sizeof text, "%.1f", 1.5);
    CHECK(std::string{text} == "1,5");
    CHECK(std::strtod("1,5", nullptr) == 1.5);
    std::ostringstream stream;
    stream << 1.5;
    CHECK(stream.str() == "1,5");
}

TEST_CASE("100 a comma is never a decimal point, and numbers in faults are not grouped") {
    CHECK_FALSE(courant::senml::parse_json_number("1,5"));
    CHECK_FALSE(courant::senml::parse_xml_number("1,5"));
    CHECK_FALSE(courant::senml::parse_scaled("1,5", 0));
    CHECK_FALSE(courant::senml::parse_seconds("1,5"));
    CHECK(xml_refused(sensml("<senml n='a' v='1,5'/>")));
    CHECK(json_fault(R"([{"n":"a","v":1,"bver":1234567}])").find("bver 1234567 is") !=
          std::string::npos);
    CHECK(xml_fault(std::string(2000, ' ') + "<").find("at byte 2001:") != std::string::npos);
}
