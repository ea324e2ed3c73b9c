// CBOR beside JSON and XML: fields that RFC 8428 does not have, packs there and back, and the fast
// way beside the ordinary one.
#include <bit>
#include <cmath>
#include <cstdlib>
#include <random>

#include "cbor_bytes.hpp"
#include "senml/detail/cbor/json.hpp"

using namespace courant::senml;
using namespace courant::senml::test;

namespace {

constexpr ReadOptions keeping = {.now = noon, .unknown = Unknown::keep};

// A value of an unknown field, through CBOR and back.
std::string there_and_back(std::string_view json) {
    std::string cbor = "before";
    std::string again;
    if (!detail::append_cbor(cbor, json)) return cbor == "before" ? "no CBOR" : "a rest";
    return detail::append_json(again, cbor.substr(6)) ? again : "no JSON";
}

// The unknown fields of the first record, and what is said about them.
std::string kept(std::string_view cbor) {
    std::vector<Fault> notices;
    const auto pack = read(Format::cbor, cbor, keeping, &notices);
    if (!pack) return pack.error().to_string();
    std::string all;
    for (const auto& field : pack->extra(0).unknown) all += field.label + '=' + field.json + ';';
    for (const auto& notice : notices) all += notice.to_string() + ';';
    return all;
}

}  // namespace

TEST_CASE("54 unknown fields are kept as JSON, whatever their type") {
    CHECK(kept(with_extra("6178 01")) == "x=1;");
    CHECK(kept(with_extra("7f 6178 6179 ff 7f 6161 6162 ff")) == R"(xy="ab";)");
    CHECK(kept(hex("81 ab 00 6161 02 01 6131 f4 6132 f5 6133 f6 6134 20 6135 f93e00 6136 4101"
                   "   6137 82 01 80 6138 a1 6161 a0 6139 9f 62220a ff")) ==
          R"(1=false;2=true;3=null;4=-1;5=1.5;6="AQ";7=[1,[]];8={"a":{}};9=["\"\n"];)");
    CHECK(kept(with_extra("6178 1bffffffffffffffff")) == "x=18446744073709551615;");
    CHECK(kept(with_extra("6178 3bffffffffffffffff")) == "x=-18446744073709551616;");
    CHECK(kept(with_extra("6178 bf 6161 01 7f 6162 ff 9f 5f 4101 4102 ff ff ff")) ==
          R"(x={"a":1,"b":["AQI"]};)");
    CHECK(kept(with_extra("6162 01")).empty());  // a base field that nobody knows
    CHECK(good_cbor(with_extra("6178 01")).extra(0).unknown.empty());
}

TEST_CASE("54 what has no image in JSON is dropped with a word about it") {
    constexpr std::string_view said =
        "record 1: the unknown field 'x' has no image and is dropped (RFC 8428 4.4);";
    for (const auto* item : {"c1 00", "c2 41 01", "c4 82 20 01", "f7", "f0", "f820", "f97e00",
                             "fb7ff0000000000000", "a1 00 01", "a1 f6 01", "a1 4161 01", "81 f7",
                             "82 01 c1 00", "a1 6161 a1 01 02", "9f f7 ff"}) {
        CAPTURE(item);
        CHECK(kept(with_extra("6178" + std::string{item})) == said);
    }
    CHECK(kept(with_extra("09 00")) ==
          "record 1: the unknown field '9' has no image and is dropped (RFC 8428 4.4);");
    // Each record has its own word, however alike they are.
    std::vector<Fault> notices;
    CHECK(read(Format::cbor,
               hex("83 a4 00 6161 06 00 02 01 6178 f7 a4 00 6161 06 01 02 01 6178 f7"
                   "   a4 00 6161 06 02 02 01 6178 f7"),
               keeping, &notices));
    CHECK(notices.size() == 3);
    CHECK(kept(hex("81 a5 00 6161 02 01 6178 f7 6179 6161 617a 81 61 62")) ==
          R"(y="a";z=["b"];)" + std::string{said});
}

TEST_CASE("54 an unknown value goes through CBOR and back") {
    for (const auto* same :
         {"0", "-1", "23", "1.5", "-0", "0.1", "1e+300", "18446744073709551615",
          "-18446744073709551615", R"("")", R"("aé\u0001\"\\")", "true", "false", "null", "[]",
          "{}", "[[],{},[1,2]]", R"({"b":1,"a":{"c":[null]}})", R"(["]","}",",","\\"])"}) {
        CAPTURE(same);
        const std::string expected = std::string_view{same} == "1e+300" ? "1e300" : same;
        CHECK(there_and_back(same) == expected);
    }
    CHECK(there_and_back(" [ 1.0 , \"\\u0061\" , { \"a\" : 1E2 } ] ") == R"([1,"a",{"a":100}])");
    CHECK(there_and_back("123456789012345678901234567890") == "1.2345678901234568e29");
    std::string many = "[0";
    for (int i = 1; i < 300; ++i) many += ',' + std::to_string(i);
    CHECK(there_and_back(many + ']') == many + ']');
    for (const auto* wrong : {"",     " ",      "x",       "1 2",      "[1",
                              "[1,]", "{",      "{\"a\"}", "{\"a\":}", "{1:2}",
                              "\"",   "\"\\\"", "\"\\x\"", "tru",      "nul",
                              "01",   "1e400",  "[1e400]", "\"\xC3\"", R"({"a":1,"a":2})",
                              "]",    "NaN",    "-"}) {
        CAPTURE(wrong);
        CHECK(there_and_back(wrong) == "no CBOR");
    }
    CHECK(there_and_back(std::string(500, '[') + std::string(500, ']')) ==
          std::string(500, '[') + std::string(500, ']'));
    CHECK(there_and_back(std::string(100'000, '[')) == "no CBOR");
}

TEST_CASE("54 fields that are kept are written in CBOR, or the pack is not") {
    Pack pack;
    const auto name = pack.intern_name("a");
    pack.add(name, no_unit, noon, 1);
    pack.set_extra({.unknown = {{"x", "[1,null]"}, {"é", "\"a\""}}});
    const auto written = write(Format::cbor, pack);
    REQUIRE(written);
    CHECK(hex_of(*written) ==
          hex_of(hex("81 a5 00 6161 06 1a5f5e1000 02 01 6178 82 01 f6 62c3a9 6161")));
    CHECK(good_cbor(*written, keeping) == pack);
    for (const UnknownField& wrong :
         {UnknownField{"x", "[1"}, UnknownField{"x", ""}, UnknownField{"\xC3", "1"}}) {
        pack.set_extra({.unknown = {wrong}});
        CHECK(write(Format::cbor, pack).error().to_string().ends_with("has no image (RFC 8428 6)"));
    }
}

TEST_CASE("a pack goes from JSON to CBOR to XML and back, unknown fields included") {
    constexpr std::string_view json =
        R"([{"bn":"a/","bt":1600000000.5,"bu":"W","bver":10,"bv":1,"bs":2.5,"n":"b","v":-0.25,)"
        R"("s":3,"ut":60,"x":"1","yé":"a\"<\n"},)"
        R"({"n":"c","t":-0.001,"vs":"é😀"},{"n":"d","u":"","vb":false},{"n":"e","vd":"AQL_"},)"
        R"({"n":"f","t":0.000000001,"v":1e300,"x":"true"}])";
    const auto cbor = as_cbor(json, keeping);
    CHECK(as_json(cbor, keeping) == json);
    const auto xml = convert(Format::cbor, Format::xml, cbor, keeping);
    REQUIRE(xml);
    CHECK(convert(Format::xml, Format::cbor, *xml, keeping) == cbor);
    CHECK(convert(Format::xml, Format::json, *xml, keeping) == std::string{json});
    CHECK(good_cbor(cbor, keeping) == good_json(json, keeping));
    constexpr std::string_view typed =
        R"([{"n":"a","v":1,"x":{"b":[1,2.5,null,true],"a":{}},"y":-3}])";
    CHECK(as_json(as_cbor(typed, keeping), keeping) == typed);
    CHECK(as_json(as_cbor(typed)) == R"([{"n":"a","v":1}])");
}

TEST_CASE("records alike are read as the rules have it, up to the first that is not") {
    const auto read_both = [](std::string_view first, std::string_view rest) {
        // The same fields behind an unknown one, so that no record repeats the bytes of another.
        const auto records = hex(first) + hex(rest);
        return good_cbor(hex("84") + records);
    };
    // Integers, floats and decimal fractions, at times of every kind.
    const auto pack = read_both("a3 00 6161 06 0a 02 01",
                                "a3 00 6161 06 f93e00 02 f9c100"
                                "a3 00 6161 06 c4 82 20 19 01f4 02 c4 82 20 05"
                                "a3 00 6161 06 1a5f5e1001 02 fb3fb999999999999a");
    REQUIRE(pack.size() == 4);
    CHECK(time_at(pack, 0) == "1600000010");
    CHECK(time_at(pack, 1) == "1600000001.5");
    CHECK(time_at(pack, 2) == "1600000050");
    CHECK(time_at(pack, 3) == "1600000001");
    CHECK(number_at(pack, 1) == -2.5);
    CHECK(number_at(pack, 2) == 0.5);
    CHECK(number_at(pack, 3) == 0.1);
    // Fields behind the numbers count, too.
    const auto behind =
        good_cbor(hex("84 a3 06 01 02 02 00 6161  a3 06 02 02 03 00 6161"
                      "   a3 06 03 02 04 00 6162  bf 06 04 02 05 00 6162 ff"));
    REQUIRE(behind.size() == 4);
    CHECK(name_at(behind, 1) == "a");
    CHECK(name_at(behind, 2) == "b");
    CHECK(number_at(behind, 2) == 4);
    CHECK(number_at(behind, 3) == 5);
    // What is wrong with a later record is found all the same.
    const std::string before = "83 a2 06 00 02 01 a2 06 01 02 02 ";
    const auto fault = [&](std::string_view last) {
        return cbor_fault(hex("84 a1 21 6161") + hex(before).substr(1) + hex(last));
    };
    CHECK(fault("a2 06 02 02 03").empty());
    CHECK(fault("a2 06 f97e00 02 03") == "record 4: t is not a finite number (RFC 8428 5)");
    CHECK(fault("a2 06 02 02 f97c00") == "record 4: v is not a finite number (RFC 8428 5)");
    CHECK(fault("a2 06 02 02 f6") == "record 4: v is no number (RFC 8428 4.3)");
    CHECK(fault("a2 06 02 06 03") == "record 4: label 't' is given twice (RFC 8949 5.6)");
    CHECK(fault("a2 06 1bffffffffffffffff 02 03") ==
          "record 4: t is out of range (RFC 8428 4.5.3)");
    CHECK(fault("a2 06 1b0000000240000000 02 03") ==
          "record 4: the time is outside the years 1678 to 2261 (RFC 8428 4.5.3)");
    CHECK(fault("a3 06 02 02 03 6178 01").empty());
    CHECK(fault("a2 06 02 02").ends_with("cut short (RFC 8949)"));
    CHECK(fault("a2 06 02 02 f97c").ends_with("cut short (RFC 8949)"));
    CHECK(fault("a2 06 02 02 03 00").ends_with("bytes after the pack (RFC 8949)"));
    CHECK(fault("").ends_with("cut short (RFC 8949)"));
    // Base values that make the sum too large, and a count that ends before the bytes do.
    CHECK(cbor_fault(hex("83 a3 21 6161 24 fb7fe0000000000000 02 01 a1 02 02"
                         "   a1 02 fb7fe0000000000000")) ==
          "record 3: bv + v is too large (RFC 8428 5)");
    CHECK(cbor_fault(hex("82 a1 21 6161 a1 02 01 a1 02 02"))
              .ends_with("bytes after the pack (RFC 8949)"));
    CHECK(cbor_fault(hex("82 a2 00 6161 02 01 a2 00 6161 02 02 a2 00 6161 02 03"))
              .ends_with("bytes after the pack (RFC 8949)"));
    CHECK(good_cbor(hex("9f a2 00 6161 02 01 a2 00 6161 02 02 a2 00 6161 02 03 ff")).size() == 3);
}

TEST_CASE("the fast way and the ordinary one come to the same, whatever the records are") {
    const char* given = std::getenv("COURANT_SEED");
    const auto seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const std::string pieces[] = {"00",
                                  "20",
                                  "1818",
                                  "190100",
                                  "1a5f5e1000",
                                  "f93e00",
                                  "f97e00",
                                  "fb3fb999999999999a",
                                  "c4822005",
                                  "3a5f5e1000",
                                  "f6",
                                  "6161",
                                  "1b7fffffffffffffff",
                                  "fa47c35000",
                                  "f98000"};
    const auto piece = [&]() -> const std::string& { return pieces[random() % std::size(pieces)]; };
    for (int round = 0; round < 20'000; ++round) {
        const bool swapped = random() % 2 == 0;
        const bool timeless = random() % 4 == 0;
        const auto record = [&](std::string_view before) {
            std::string text = timeless ? "a2" : "a3";
            text += before;
            if (!timeless && !swapped) text += "06" + piece();
            text += "02" + piece();
            if (!timeless && swapped) text += "06" + piece();
            return text;
        };
        std::vector<std::string> records;
        for (auto left = 1 + random() % 6; left > 0; --left) records.push_back(record("006161"));
        // Alone in its pack, no record has one before it to be like.
        std::string whole = hex("8" + std::to_string(records.size()));
        Pack expected;
        std::string fault;
        for (const auto& text : records) {
            whole += hex(text);
            const auto one = read(Format::cbor, hex("81" + text), {.now = noon});
            if (!one) {
                fault = one.error().what;
                break;
            }
            expected.add_from(*one, 0);
        }
        const auto all = read(Format::cbor, whole, {.now = noon});
        CAPTURE(hex_of(whole));
        if (fault.empty()) {
            REQUIRE(all);
            CHECK(*all == expected);
        } else {
            REQUIRE_FALSE(all);
            CHECK(all.error().what == fault);
        }
    }
}
