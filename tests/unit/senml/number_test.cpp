#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "packs.hpp"
#include "senml/number.hpp"

using namespace courant::senml;

namespace {

std::string printed(double value) {
    std::string text;
    append_number(text, value);
    return text;
}

std::string printed_seconds(std::int64_t nanos) {
    std::string text;
    append_seconds(text, Span{nanos});
    return text;
}

std::uint64_t bits(double value) {
    return std::bit_cast<std::uint64_t>(value);
}

}  // namespace

TEST_CASE("65 every finite double is read; overflow is refused, underflow is zero") {
    CHECK(parse_json_number("1.7976931348623157e308") == std::numeric_limits<double>::max());
    CHECK(parse_json_number("5e-324") == std::numeric_limits<double>::denorm_min());
    CHECK(std::signbit(*parse_json_number("-0.0")));
    CHECK(std::signbit(*parse_json_number("-0")));
    CHECK(parse_json_number("123456789012345678901234567890") == 123456789012345678901234567890.0);
    for (const auto* large : {"1e400", "-1e400", "1.7976931348623159e308", "2e308",
                              "1e99999999999999999999", "100000e999999999"}) {
        CAPTURE(large);
        CHECK_FALSE(parse_json_number(large));
    }
    CHECK(parse_json_number("1e-400") == 0.0);
    CHECK(parse_json_number("1e-99999999999999999999") == 0.0);
    CHECK(std::signbit(*parse_json_number("-1e-400")));
    CHECK(parse_json_number("0e99999") == 0.0);
    CHECK(parse_json_number("2.4703282292062327e-324") == 0.0);
}

TEST_CASE(
    "66, 67 numbers are written short: mantissa under 19 characters, small e, integers plain") {
    struct Case {
        double value;
        std::string_view text;
    };
    constexpr std::array cases = {Case{0, "0"},
                                  Case{-0.0, "-0"},
                                  Case{100000, "100000"},
                                  Case{1e5, "100000"},
                                  Case{-42, "-42"},
                                  Case{0.1, "0.1"},
                                  Case{23.5, "23.5"},
                                  Case{-0.001, "-0.001"},
                                  Case{120.125, "120.125"},
                                  Case{1e16, "10000000000000000"},
                                  Case{1e22, "1e22"},
                                  Case{1.5e300, "1.5e300"},
                                  Case{5e-324, "5e-324"},
                                  Case{1e-7, "1e-7"},
                                  Case{9007199254740993.0, "9007199254740992"},
                                  Case{0.30000000000000004, "3.0000000000000004e-1"},
                                  Case{12345678901234567168.0, "1.2345678901234567e19"},
                                  Case{0.00012345678901234567, "1.2345678901234567e-4"},
                                  Case{-1.2345678901234567, "-12345678901234567e-16"},
                                  Case{1.2345678901234567, "1.2345678901234567"}};
    for (const auto& [value, text] : cases) {
        CAPTURE(value);
        CHECK(printed(value) == text);
        CHECK(bits(*parse_json_number(text)) == bits(value));
    }
}

TEST_CASE("68 trailing zeros and the place of the point make no difference") {
    CHECK(parse_json_number("1.1") == parse_json_number("1.10"));
    CHECK(parse_json_number("1.1") == parse_json_number("0.11e1"));
    CHECK(parse_json_number("1.1") == parse_json_number("11E-1"));
}

TEST_CASE("69, 101 a number is the whole text and follows the grammar of JSON") {
    for (const auto* wrong : {"",    " 1",   "1 ",  "+1",     ".5",    "1.",   "01",       "-01",
                              "--1", "1e",   "1e+", "1.5abc", "0x10",  "NaN",  "Infinity", "-",
                              "-.5", "1.e3", "1,5", "null",   "1_000", "1 000"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_json_number(wrong));
    }
}

TEST_CASE("75 xsd:double allows blanks, a plus sign and missing digits on one side of the point") {
    CHECK(parse_xml_number(" \t23.5\n") == 23.5);
    CHECK(parse_xml_number("+1.5") == 1.5);
    CHECK(parse_xml_number(".5") == 0.5);
    CHECK(parse_xml_number("-.5") == -0.5);
    CHECK(parse_xml_number("1.") == 1);
    CHECK(parse_xml_number("007") == 7);
    CHECK(parse_xml_number("1E3") == 1000);
    CHECK(parse_xml_number(".123456789012345678901234567890") == 0.12345678901234568);
    CHECK(parse_xml_number("-1.00000000000000000000000000000001") == -1);
    for (const auto* wrong : {"", " ", ".", "+", "+-1", "-+1", "INF", "-INF", "NaN", "null", "1,5",
                              "0x10", "1 5", "e5", "1e5.0", "++1"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_xml_number(wrong));
    }
}

TEST_CASE("101 reading rounds to the nearest double, half to even, however long the text") {
    CHECK(parse_json_number("9007199254740993") == 9007199254740992.0);
    CHECK(parse_json_number("9007199254740993.0000000000000000000000000001") == 9007199254740994.0);
    CHECK(parse_json_number("0.1000000000000000055511151231257827021181583404541015625") == 0.1);
    std::string half = "1.00000000000000011102230246251565404236316680908203125";
    CHECK(parse_json_number(half) == 1.0);
    half += std::string(720, '0') + '1';
    CHECK(parse_json_number(half) == std::nextafter(1.0, 2.0));
}

TEST_CASE("99 integers beyond 2^53 are rounded, never wrapped") {
    CHECK(parse_json_number("18446744073709551615") == 18446744073709551616.0);
    CHECK(parse_json_number("3177891079421588183") == 3177891079421587968.0);
    CHECK(parse_json_number("9223372036854775807") == 9223372036854775808.0);
    CHECK(parse_json_number("99999999999999999999999") == 1e23);
}

TEST_CASE("a scaled number is rounded once") {
    CHECK(parse_scaled("0.392", 3) == 392);
    CHECK(parse_scaled("27115", -2) == 271.15);
    CHECK(parse_scaled("1.1", 1) == 11);
    CHECK(parse_scaled("16.433", 6) == 16433000);
    CHECK(parse_scaled("-4.35", 2) == -435);
    CHECK(parse_scaled("1e5", -5) == 1);
    CHECK(parse_scaled(" +7. ", 0) == 7);
    CHECK(parse_scaled("123456789.123456789123456789", -9) == 0.123456789123456789123456789);
    CHECK_FALSE(parse_scaled("1,5", 3));
    CHECK_FALSE(parse_scaled("1e300", 300));
}

TEST_CASE("34 decimal seconds become nanoseconds exactly and come back as they were") {
    struct Case {
        std::string_view text;
        std::int64_t nanos;
    };
    constexpr std::array cases = {
        Case{"0", 0},
        Case{"1", 1'000'000'000},
        Case{"-1.5", -1'500'000'000},
        Case{"1735689600.123456", 1'735'689'600'123'456'000},
        Case{"1234567890.123456789", 1'234'567'890'123'456'789},
        Case{"0.000000001", 1},
        Case{"-0.000000001", -1},
        Case{"9223372036.854775807", std::numeric_limits<std::int64_t>::max()}};
    for (const auto& [text, nanos] : cases) {
        CAPTURE(std::string{text});
        CHECK(parse_seconds(text) == Span{nanos});
        CHECK(printed_seconds(nanos) == text);
    }
    CHECK(parse_seconds("1.276020076001e+09") == Span{1'276'020'076'001'000'000});
    CHECK(parse_seconds("1276020076001E-3") == Span{1'276'020'076'001'000'000});
    CHECK(parse_seconds("0.0000000005") == Span{1});
    CHECK(parse_seconds("0.00000000049999999999999999999") == Span{0});
    CHECK(parse_seconds("-0.0000000005") == Span{-1});
    CHECK(parse_seconds("1234567890.1234567165374756000000") == Span{1'234'567'890'123'456'717});
    CHECK(parse_seconds("1e-30") == Span{0});
    CHECK(parse_seconds("0.000000000000000000000000000001") == Span{0});
    CHECK(parse_seconds("0e400") == Span{0});
    CHECK(printed_seconds(std::numeric_limits<std::int64_t>::min()) == "-9223372036.854775808");
}

TEST_CASE("seconds outside the range of Time are none") {
    for (const auto* wrong : {"9223372036.854775808", "-9223372036.854775809", "1e10", "1e400",
                              "99999999999999999999999999999999999999999999", "now", "", "1:30"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_seconds(wrong));
    }
}
