// Conformance points H: JSON.
#include <cmath>
#include <limits>

#include "packs.hpp"

using namespace courant::senml;
using namespace courant::senml::test;

namespace {

std::string with_value(std::string_view value) {
    return R"([{"n":"a","v":)" + std::string{value} + "}]";
}

std::string with_text(std::string_view text) {
    return R"([{"n":"a","vs":")" + std::string{text} + R"("}])";
}

}  // namespace

TEST_CASE("64 JSON is UTF-8 and nothing else; a byte order mark is tolerated, never written") {
    CHECK(text_at(good_json(with_text("é😀")), 0) == "é😀");
    for (const auto* wrong : {"\xC3", "\x80", "\xFF", "\xC0\xAF", "\xED\xA0\x80",
                              "\xF4\x90\x80\x80", "\xE2\x82", "\xF8\x88\x80\x80\x80"}) {
        CHECK(refused(with_text(wrong)));
        CHECK(refused(with_value("1") + wrong));
    }
    const std::string plain = with_value("1");
    std::string wide;
    for (const char c : plain) wide += {c, '\0'};
    CHECK(refused(wide));
    CHECK(refused("\xFF\xFE" + wide));
    std::vector<Fault> deviations;
    CHECK(read(Format::json, "\xEF\xBB\xBF" + plain, {.now = noon}, &deviations));
    CHECK(deviations.size() == 1);
    CHECK_FALSE(
        json_fault("\xEF\xBB\xBF" + plain, {.now = noon, .profile = Profile::strict}).empty());
    CHECK(write(Format::json, good_json(plain)).value().starts_with('['));
}

TEST_CASE("65 a value that no double holds is refused, one too small is zero") {
    CHECK(json_fault(with_value("1e400")) == "record 1: v is too large for a double (RFC 8428 5)");
    CHECK(refused(with_value("-1e400")));
    CHECK(number_at(good_json(with_value("1e-400")), 0) == 0);
    CHECK(number_at(good_json(with_value("1.7976931348623157e308")), 0) ==
          std::numeric_limits<double>::max());
    CHECK(std::signbit(number_at(good_json(with_value("-0.0")), 0)));
}

TEST_CASE("66 an upper-case E is tolerated and reported, and never written") {
    std::vector<Fault> deviations;
    const auto pack = read(Format::json, R"([{"n":"a","v":1E30},{"n":"a","v":2E30}])",
                           {.now = noon}, &deviations);
    REQUIRE(pack);
    CHECK(number_at(*pack, 0) == 1e30);
    REQUIRE(deviations.size() == 1);
    CHECK(deviations[0].record == 1);
    CHECK_FALSE(json_fault(with_value("1E3"), {.now = noon, .profile = Profile::strict}).empty());
    CHECK(write(Format::json, *pack).value().find('E') == std::string::npos);
}

TEST_CASE("69 the grammar of JSON is enforced") {
    for (const auto* wrong : {R"([{"n":"a","v":1},])",
                              R"([{"n":"a","v":1,}])",
                              R"([{"n":"a","v":1})",
                              R"([{"n":"a","v":1)",
                              R"([{"n":"a","v":1}]])",
                              R"([{"n":"a","v":1}] x)",
                              R"([{"n":"a" "v":1}])",
                              R"([{"n" "a","v":1}])",
                              R"([{n:"a","v":1}])",
                              R"([{'n':'a',"v":1}])",
                              R"([{"n":"a","v":1}/**/])",
                              R"([{"n":"a","v":1}] // x)",
                              R"([{"n":"a","v":1} {"n":"b","v":1}])",
                              R"([,{"n":"a","v":1}])",
                              "[",
                              "[{",
                              R"([{"n)",
                              R"([{"n":)",
                              R"([{"n":"a","v":)",
                              R"([{"n":"a","v":1}][])",
                              "[{\"n\":\"a\",\"v\":1}\v]",
                              R"([{"n":"a","vb":tru}])",
                              R"([{"n":"a","vb":trueish}])",
                              R"([{:1}])"}) {
        CAPTURE(wrong);
        CHECK(refused(wrong));
    }
    for (const auto* number :
         {"NaN", "Infinity", "-Infinity", "+1", ".5", "1.", "01", "0x10", "1.5abc", "1e", "--1"}) {
        CAPTURE(number);
        CHECK(refused(with_value(number)));
    }
    CHECK_FALSE(refused(" \t\r\n[ { \"n\" : \"a\" , \"v\" : 1 } ] \n"));
    CHECK(json_fault(R"([{"n":"a","v":1},])").starts_with("record 2: no JSON at byte 17: "));
}

TEST_CASE("70 escapes are decoded; half surrogate pairs are refused") {
    CHECK(text_at(good_json(with_text(R"(\"\\\/\b\f\n\r\t)")), 0) == "\"\\/\b\f\n\r\t");
    CHECK(text_at(good_json(with_text(R"(\u00e9\u20AC\ud83d\ude00x)")), 0) == "é€😀x");
    CHECK(text_at(good_json(with_text(R"(a\u0000b)")), 0) == std::string("a\0b", 3));
    for (const auto* wrong : {R"(\ud83d)", R"(\ude00)", R"(\ud83dx)", R"(\ud83d\u0041)", R"(\x41)",
                              R"(\u12)", R"(\u12g4)", R"(\u+123)", "\\", "a\nb", "a\tb"}) {
        CAPTURE(wrong);
        CHECK(refused(with_text(wrong)));
    }
    const auto pack =
        good_json(R"([{"n":"\u0061\u002fb","v":1,"u":"\u0057"},{"b\u006e":"\u0063","v":2}])");
    CHECK(name_at(pack, 0) == "a/b");
    CHECK(unit_at(pack, 0) == "W");
    CHECK(name_at(pack, 1) == "c");
}

TEST_CASE("70 decoded fields of one record do not disturb each other") {
    const auto pack = good_json(
        R"([{"b\u006e":"\u0061","\u006e":"\u0062","u":"\u0057","x":"\u0001\u0001\u0001","vd":"\u0041Q\u0049D\u0042A"}])");
    CHECK(name_at(pack, 0) == "ab");
    CHECK(unit_at(pack, 0) == "W");
    CHECK(pack.data(pack[0]).size() == 4);
}

TEST_CASE("71 what is no finite number is never written") {
    for (const double wrong :
         {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
          -std::numeric_limits<double>::infinity()}) {
        for (const auto format : {Format::json, Format::xml}) {
            Pack pack;
            pack.add(pack.intern_name("a"), no_unit, noon, 1);
            pack.add(pack.intern_name("a"), no_unit, noon, wrong);
            CHECK(write(format, pack).error().to_string() ==
                  "record 2: v is not a finite number (RFC 8428 5)");
            Pack sums;
            sums.add_valueless(sums.intern_name("a"), no_unit, noon);
            sums.set_extra({.sum = wrong});
            CHECK_FALSE(write(format, sums));
        }
    }
}

TEST_CASE("72 nesting in unknown fields is bounded") {
    const auto nested = [](std::size_t depth) {
        return R"([{"n":"a","v":1,"x":)" + std::string(depth, '[') + std::string(depth, ']') + "}]";
    };
    CHECK_FALSE(refused(nested(32)));
    CHECK_FALSE(refused(nested(64)));
    CHECK(refused(nested(65)));
    CHECK(refused(nested(10'000)));
    std::string objects;
    for (int i = 0; i < 10'000; ++i) objects += "{\"x\":";
    CHECK(refused(R"([{"n":"a","v":1,"x":)" + objects));
}

TEST_CASE("a pack of more records than accepted is refused") {
    ReadOptions two{.now = noon};
    two.max_records = 2;
    CHECK(json_fault(R"([{"n":"a","v":1},{"n":"a","v":1}])", two).empty());
    CHECK_FALSE(json_fault(R"([{"n":"a","v":1},{"n":"a","v":1},{"n":"a","v":1}])", two).empty());
    CHECK_FALSE(
        xml_fault(sensml(R"(<senml n="a" v="1"/><senml n="a" v="1"/><senml n="a" v="1"/>)"), two)
            .empty());
}

TEST_CASE("every fault of a pack is found when one asks for all of them") {
    const auto faults = validate(
        Format::json,
        R"([{"n":"a","v":"1"},{"n":"a","v":1},{"n":"a b","v":1},{"n":"a","bver":5,"v":1},{"n":"c"}])",
        {.now = noon});
    REQUIRE(faults.size() == 4);
    CHECK(faults[0].to_string() == "record 1: v is no number (RFC 8428 4.3)");
    CHECK(faults[1].record == 3);
    CHECK(faults[2].to_string() == "record 4: bver differs (RFC 8428 4.4)");
    CHECK(faults[3].to_string() == "record 5: no value and no sum (RFC 8428 4.2)");
    CHECK(validate(Format::json, R"([{"n":"a","v":1}])", {.now = noon}).empty());
    CHECK(validate(Format::json, R"([{"n":"a b","v":1},{)", {.now = noon}).size() == 2);
}

TEST_CASE("what belongs to a faulty record's base still serves the records after it") {
    const auto faults =
        validate(Format::json, R"([{"bn":"a","v":"1"},{"v":1},{"v":"2"}])", {.now = noon});
    REQUIRE(faults.size() == 2);
    CHECK(faults[1].record == 3);
}
