// Conformance points E and F: values, versions and extensions.
#include <array>

#include "packs.hpp"

using namespace courant::senml;
using namespace courant::senml::test;

namespace {

std::string versioned(std::string_view version) {
    return R"([{"n":"a","v":1,"bver":)" + std::string{version} + "}]";
}

bool data_refused(std::string_view text) {
    return refused(R"([{"n":"a","vd":")" + std::string{text} + R"("}])");
}

std::string octets_of(std::string_view base64url, std::vector<Fault>* deviations = nullptr) {
    const auto text = R"([{"n":"a","vd":")" + std::string{base64url} + R"("}])";
    const auto pack = read(Format::json, text, {.now = noon}, deviations);
    REQUIRE(pack);
    const auto data = pack->data((*pack)[0]);
    return {reinterpret_cast<const char*>(data.data()), data.size()};
}

}  // namespace

TEST_CASE("36 two values in one record are an error, with a sum as well") {
    const std::array<std::string_view, 4> values = {R"("v":1)", R"("vs":"x")", R"("vb":true)",
                                                    R"("vd":"AA")"};
    for (std::size_t i = 0; i < values.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            for (const std::string_view sum : {"", R"(,"s":1)"}) {
                const auto text = R"([{"n":"a",)" + std::string{values[i]} + ',' +
                                  std::string{values[j]} + std::string{sum} + "}]";
                CAPTURE(text);
                CHECK(json_fault(text) ==
                      "record 1: more than one of v, vs, vb and vd (RFC 8428 4.2)");
            }
        }
    }
}

TEST_CASE("37 no value, no sum and nothing in effect, but a regular field, is an error") {
    for (const auto* field : {R"("n":"a")", R"("n":"a","u":"W")", R"("n":"a","t":0)",
                              R"("n":"a","ut":1)", R"("bn":"a","t":1)", R"("bn":"a","u":"W")"}) {
        CAPTURE(field);
        CHECK(json_fault("[{" + std::string{field} + "}]") ==
              "record 1: no value and no sum (RFC 8428 4.2)");
    }
}

TEST_CASE("38 a sum may stand without a value, and with one") {
    const auto pack =
        good_json(R"([{"n":"a","s":3},{"n":"a","s":4,"v":1},{"n":"a","s":5,"vb":true}])");
    CHECK(pack[0].kind == Kind::none);
    CHECK(pack.extra(0).sum == 3);
    CHECK(pack.extra(1).sum == 4);
    CHECK(pack[2].boolean);
}

TEST_CASE("39 zero, false and the empty string are values") {
    const auto pack = good_json(R"([{"bn":"a","v":0},{"vb":false},{"vs":""},{"vd":""},{"s":0}])");
    CHECK(number_at(pack, 0) == 0);
    CHECK(pack[1].kind == Kind::boolean);
    CHECK(text_at(pack, 2).empty());
    CHECK(pack.data(pack[3]).empty());
    CHECK(pack.extra(4).sum == 0);
}

TEST_CASE("40 vd is base64url and its octets are exact; output is not padded") {
    CHECK(octets_of("") == "");
    CHECK(octets_of("AQ") == "\x01");
    CHECK(octets_of("-_-_") == "\xFB\xFF\xBF");
    CHECK(octets_of("aGkgCg") == "hi \n");
    for (const std::string_view text : {"", "AQ", "AQI", "AQID", "AQIDBA", "-_8"}) {
        const auto pack = good_json(R"([{"n":"a","vd":")" + std::string{text} + R"("}])");
        const auto written = write(Format::json, pack).value();
        CHECK(written.find("\"vd\":\"" + std::string{text} + '"') != std::string::npos);
    }
}

TEST_CASE("41 padding is tolerated and reported; + / blanks and 4k+1 digits are errors") {
    std::vector<Fault> deviations;
    CHECK(octets_of("AQIDBAU=", &deviations) == "\x01\x02\x03\x04\x05");
    REQUIRE(deviations.size() == 1);
    CHECK(deviations[0].to_string() == "record 1: vd is padded with '=' (RFC 8428 5)");
    CHECK(octets_of("AQ==") == "\x01");
    ReadOptions strict{.now = noon, .profile = Profile::strict};
    CHECK_FALSE(json_fault(R"([{"n":"a","vd":"AQ=="}])", strict).empty());
    for (const auto* wrong :
         {"+AAA", "/AAA", "AA AA", " AA", "A", "AAAAA", "AQ=", "A===", "=", "AQ==AQ==", "é"}) {
        CAPTURE(wrong);
        CHECK(data_refused(wrong));
    }
    CHECK(octets_of("AR") == "\x01");
    CHECK_FALSE(json_fault(R"([{"n":"a","vd":"AR"}])", strict).empty());
}

TEST_CASE("42 vs is any text, and nothing looks into it") {
    for (const auto* text : {"", "NaN", "12,5", "a b@c", "日本語", "😀", "1e999"}) {
        CHECK(text_at(good_json(R"([{"n":"a","u":"W","vs":")" + std::string{text} + R"("}])"), 0) ==
              text);
    }
}

TEST_CASE("43 a sum is left alone: not rescaled, free to fall") {
    const auto pack = good_json(R"([{"bn":"a","bu":"W","s":100},{"s":5},{"s":0},{"s":-3.5}])");
    CHECK(pack.extra(1).sum == 5);
    CHECK(pack.extra(3).sum == -3.5);
    CHECK(pack[0].kind == Kind::none);
}

TEST_CASE("44 bver is a positive integer, 10 where it is absent; 10.0 is one, too") {
    CHECK(good_json(R"([{"n":"a","v":1}])").version() == 10);
    CHECK(good_json(versioned("10.0")).version() == 10);
    CHECK(good_json(versioned("1e1")).version() == 10);
    for (const auto* wrong : {"0", "-1", "-10", "10.5", "\"10\"", "null", "1e400", "0.1"}) {
        CAPTURE(wrong);
        CHECK(refused(versioned(wrong)));
    }
    CHECK(json_fault(versioned("10.5")) == "record 1: bver is no positive integer (RFC 8428 4.4)");
}

TEST_CASE("45 all records have the same version") {
    const auto pair = [](std::string_view first, std::string_view second) {
        return R"([{"n":"a","v":1)" + std::string{first} + R"(},{"n":"a","v":1)" +
               std::string{second} + "}]";
    };
    CHECK(json_fault(pair(",\"bver\":5", ",\"bver\":10")) ==
          "record 2: bver differs (RFC 8428 4.4)");
    CHECK(refused(pair(",\"bver\":10", ",\"bver\":5")));
    CHECK(refused(pair("", ",\"bver\":5")));
    CHECK_FALSE(refused(pair("", ",\"bver\":10")));
    CHECK_FALSE(refused(pair(",\"bver\":10", "")));
    CHECK_FALSE(refused(pair(",\"bver\":5", ",\"bver\":5")));
    CHECK(refused(R"([{"bn":"a"},{"bver":5,"v":1}])"));
}

TEST_CASE("46 a pack of a version that is not understood is not used at all") {
    CHECK(json_fault(R"([{"n":"a","v":1,"bver":11},{"n":"b","v":1}])") ==
          "record 1: bver 11 is not understood (RFC 9100 2.2)");
}

TEST_CASE("47, 48 versions above 10 are sets of features, not quantities") {
    const auto accepted = [](std::string_view version, std::uint64_t features) {
        ReadOptions options{.now = noon};
        options.features = features;
        return json_fault(versioned(version), options).empty();
    };
    constexpr std::uint64_t four = 1 << 4;
    constexpr std::uint64_t five = 1 << 5;
    CHECK(accepted("26", four));
    CHECK_FALSE(accepted("42", four));
    CHECK(accepted("42", five));
    CHECK_FALSE(accepted("26", five));
    CHECK(accepted("58", four | five));
    CHECK_FALSE(accepted("58", five));
    for (const auto* wrong : {"11", "12", "14", "15", "16", "18", "24", "25", "27", "32"}) {
        CAPTURE(wrong);
        CHECK_FALSE(accepted(wrong, ~std::uint64_t{0}));
    }
}

TEST_CASE("49 versions 1 to 9 are accepted and kept") {
    for (int version = 1; version <= 9; ++version) {
        CHECK(good_json(versioned(std::to_string(version))).version() ==
              static_cast<std::uint64_t>(version));
    }
}

TEST_CASE("50 a version is exact up to 2^53 - 1") {
    ReadOptions all{.now = noon};
    all.features = ~std::uint64_t{0};
    const std::uint64_t largest = (std::uint64_t{1} << 53) - 6;  // low bits 1010
    CHECK(good_json(versioned(std::to_string(largest)), all).version() == largest);
    CHECK(good_json(versioned("2147483658"), all).version() == 2147483658U);
    CHECK_FALSE(json_fault(versioned("9007199254740992"), all).empty());
    CHECK_FALSE(json_fault(versioned("18446744073709551626"), all).empty());
    CHECK_FALSE(json_fault(versioned("4294967306"), {.now = noon}).empty());
}

TEST_CASE("51 unknown labels are passed over, whatever they hold") {
    for (const auto* value : {"1", "\"x\"", "true", "null", "[]", "{}", R"([1,"a",{"b":[null]}])",
                              R"({"v":1,"n_":2,"n_":3})", "-0.5e-7", R"("\u00e9\n")"}) {
        CAPTURE(value);
        const auto pack = good_json(R"([{"n":"a","foo":)" + std::string{value} + R"(,"bfoo":)" +
                                    value + R"(,"v":1}])");
        CHECK(number_at(pack, 0) == 1);
    }
    CHECK(refused(R"([{"n":"a","foo":[1,],"v":1}])"));
    CHECK(refused(R"([{"n":"a","foo":nul,"v":1}])"));
}

TEST_CASE("52 an unknown label that ends in _ is an error") {
    CHECK(json_fault(R"([{"n":"a","v":1,"foo_":1}])") ==
          "record 1: label 'foo_' must be understood (RFC 8428 4.4)");
    CHECK(refused(R"([{"n":"a","v":1,"_":1}])"));
    CHECK(refused(R"([{"n":"a","v":1,"foo\u005f":1}])"));
    CHECK_FALSE(refused(R"([{"n":"a","v":1,"f_o":1,"_f":1}])"));
    CHECK(xml_refused(sensml(R"(<senml n="a" v="1" foo_="1"/>)")));
}

TEST_CASE("53 a label that the application understands is no error") {
    constexpr std::array<std::string_view, 2> known = {"foo_", "bar_"};
    ReadOptions options{.now = noon};
    options.understood = known;
    CHECK(json_fault(R"([{"n":"a","v":1,"foo_":[1]}])", options).empty());
    CHECK(xml_fault(sensml(R"(<senml n="a" v="1" bar_="1"/>)"), options).empty());
    CHECK_FALSE(json_fault(R"([{"n":"a","v":1,"baz_":1}])", options).empty());
}

TEST_CASE("54 unknown fields are dropped") {
    const auto pack = good_json(R"([{"n":"a","v":1,"t":1500000000,"extra":"kept?"}])");
    CHECK(write(Format::json, pack).value() == R"([{"n":"a","t":1500000000,"v":1}])");
    CHECK(convert(Format::json, Format::json, R"([{"n":"a","v":1,"extra":2}])", {.now = noon})
              .value() == R"([{"n":"a","v":1}])");
}
