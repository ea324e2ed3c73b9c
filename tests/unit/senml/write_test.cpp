// Writing, factoring and converting.
#include <array>

#include "packs.hpp"

using namespace courant::senml;
using namespace courant::senml::test;

namespace {

struct Sample {
    std::string_view name;
    std::string_view unit;
    std::string_view time;
    double value = 0;
};

Pack pack_of(std::initializer_list<Sample> samples) {
    Pack pack;
    for (const auto& [name, unit, time, value] : samples) {
        const auto unit_id = unit.empty() ? no_unit : pack.intern_unit(unit);
        pack.add(pack.intern_name(name), unit_id, Time{*parse_seconds(time)}, value);
    }
    return pack;
}

std::string json_of(const Pack& pack) {
    auto text = write(Format::json, pack);
    REQUIRE(text);
    CHECK(good_json(*text, {.now = from_unix_seconds(1'900'000'000)}) == pack);
    const auto xml = write(Format::xml, pack);
    REQUIRE(xml);
    CHECK(good_xml(*xml, {.now = from_unix_seconds(1'900'000'000)}) == pack);
    return *text;
}

}  // namespace

TEST_CASE("what all records share is said once") {
    CHECK(json_of(pack_of({{"a/b", "W", "1500000000", 1}, {"a/b", "W", "1500001800", 2}})) ==
          R"([{"bn":"a/b","bt":1500000000,"bu":"W","v":1},{"t":1800,"v":2}])");
}

TEST_CASE("a single record is written plainly") {
    CHECK(json_of(pack_of({{"a", "W", "1500000000", 1}})) ==
          R"([{"n":"a","u":"W","t":1500000000,"v":1}])");
}

TEST_CASE("different names share their beginning") {
    CHECK(
        json_of(pack_of({{"house/power", "W", "1500000000", 1},
                         {"house/voltage", "V", "1500000000", 2},
                         {"house/power", "W", "1500000060", 3},
                         {"house/voltage", "V", "1500000060", 4}})) ==
        R"([{"bn":"house/","bt":1500000000,"bu":"W","n":"power","v":1},{"n":"voltage","u":"V","v":2},)"
        R"({"n":"power","t":60,"v":3},{"n":"voltage","u":"V","t":60,"v":4}])");
    CHECK(json_of(pack_of({{"house", "", "1500000000", 1},
                           {"house/power", "", "1500000000", 2},
                           {"house", "", "1500000000", 1}})) ==
          R"([{"bn":"house","bt":1500000000,"v":1},{"n":"/power","v":2},{"v":1}])");
}

TEST_CASE(
    "names without a common beginning stand alone; long runs of one name get a base name each") {
    CHECK(json_of(pack_of({{"a", "", "1500000000", 1}, {"b", "", "1500000000", 2}})) ==
          R"([{"bt":1500000000,"n":"a","v":1},{"n":"b","v":2}])");
    CHECK(
        json_of(pack_of({{"house/power", "", "1500000000", 1},
                         {"house/power", "", "1500000000", 2},
                         {"house/power", "", "1500000000", 3},
                         {"mill/power", "", "1500000000", 4},
                         {"mill/power", "", "1500000000", 5}})) ==
        R"([{"bn":"house/power","bt":1500000000,"v":1},{"v":2},{"v":3},{"bn":"mill/power","v":4},{"v":5}])");
}

TEST_CASE("a base unit starts only after the last record without a unit") {
    CHECK(
        json_of(pack_of({{"a", "W", "1500000000", 1},
                         {"a", "", "1500000000", 2},
                         {"a", "V", "1500000000", 3},
                         {"a", "V", "1500000000", 4},
                         {"a", "W", "1500000000", 5}})) ==
        R"([{"bn":"a","bt":1500000000,"u":"W","v":1},{"v":2},{"bu":"V","v":3},{"v":4},{"u":"W","v":5}])");
    json_of(pack_of({{"a", "W", "1500000000", 1}, {"a", "", "1500000000", 2}}));
}

TEST_CASE("an empty unit is written as one") {
    Pack pack;
    pack.add(pack.intern_name("a"), pack.intern_unit(""), noon, 1);
    pack.add(pack.intern_name("a"), pack.intern_unit("W"), noon, 1);
    CHECK(json_of(pack) == R"([{"bn":"a","bt":1600000000,"bu":"","v":1},{"u":"W","v":1}])");
}

TEST_CASE("times are factored to the nanosecond, and never against readers that add doubles") {
    const auto pack = pack_of({{"a", "", "1735689600.1", 1},
                               {"a", "", "1735689600.2", 2},
                               {"a", "", "1735689600.123456789", 3},
                               {"a", "", "1735689599", 4},
                               {"a", "", "1735689600.1", 5}});
    const auto text = json_of(pack);
    CAPTURE(text);
    CHECK(text.starts_with(R"([{"bn":"a","bt":1735689600,"t":0.1,"v":1},{"t":0.2,"v":2})"));
    // What a reader gets that adds doubles.
    double base = 0;
    const std::string whole = text;
    std::size_t record = 0;
    for (std::size_t at = whole.find("{\""); at != std::string::npos;
         at = whole.find("{\"", at + 1)) {
        const auto end = whole.find('}', at);
        const auto field = [&](std::string_view label) -> std::optional<double> {
            const auto begin = whole.find(label, at);
            if (begin == std::string::npos || begin > end) return std::nullopt;
            const auto number = whole.substr(begin + label.size());
            return parse_json_number(number.substr(0, number.find_first_of(",}")));
        };
        base = field("\"bt\":").value_or(base);
        const double sum = base + field("\"t\":").value_or(0);
        CHECK(sum == parse_json_number(time_at(pack, record)));
        ++record;
    }
    CHECK(record == pack.size());
}

TEST_CASE("a record whose doubles would not add up gets a base time of its own") {
    // 1500000000 + 608315300.796905352 is one unit in the last place beside 2108315300.796905352.
    CHECK(
        json_of(pack_of({{"a", "", "1500000000", 1},
                         {"a", "", "2108315300.796905352", 2},
                         {"a", "", "2108315301", 3}})) ==
        R"([{"bn":"a","bt":1500000000,"v":1},{"bt":2108315300,"t":0.796905352,"v":2},{"t":1,"v":3}])");
}

TEST_CASE("one time for all is said once, fraction and all") {
    CHECK(json_of(pack_of({{"a", "", "1500000000.123", 1}, {"a", "", "1500000000.123", 2}})) ==
          R"([{"bn":"a","bt":1500000000.123,"v":1},{"v":2}])");
}

TEST_CASE("values are never factored") {
    const auto text =
        json_of(pack_of({{"a", "", "1500000000", 230.1}, {"a", "", "1500000000", 230.2}}));
    CHECK(text.find("\"bv\"") == std::string::npos);
}

TEST_CASE("all kinds of values come back, with sums and update times") {
    Pack pack;
    const auto name = pack.intern_name("a");
    constexpr std::array octets = {std::byte{0}, std::byte{255}};
    pack.add_text(name, no_unit, noon, "x\"\\\n");
    pack.add_boolean(name, no_unit, noon, true);
    pack.add_data(name, no_unit, noon, octets);
    pack.add_valueless(name, no_unit, noon);
    pack.set_extra({.sum = -0.0});
    pack.add(name, no_unit, noon, -0.0);
    pack.set_extra({.sum = 1.5, .update_time = 60.0});
    json_of(pack);
}

TEST_CASE("what no reader would take is not written") {
    CHECK(write(Format::json, Pack{}).error().to_string() ==
          "pack: a pack without records (RFC 8428 3)");
    CHECK_FALSE(write(Format::json, pack_of({{"a@b", "", "1500000000", 1}})));
    CHECK_FALSE(write(Format::json, pack_of({{"", "", "1500000000", 1}})));
    CHECK_FALSE(
        write(Format::json, pack_of({{"a", "", "1500000000", 1}, {"-", "", "1500000000", 1}})));
    CHECK(write(Format::xml, pack_of({{"a", "", "268435455.999999999", 1}})).error().what ==
          "a time before 1978-07-04 would be read as relative to now");
    json_of(pack_of({{"a", "", "268435456", 1}}));
    Pack valueless;
    valueless.add_valueless(valueless.intern_name("a"), no_unit, noon);
    CHECK_FALSE(write(Format::json, valueless));
    valueless.set_extra({.update_time = 1.0});
    CHECK_FALSE(write(Format::json, valueless));
    auto versioned = pack_of({{"a", "", "1500000000", 1}});
    for (const std::uint64_t wrong :
         {std::uint64_t{0}, std::uint64_t{11}, (std::uint64_t{1} << 53) + 10}) {
        versioned.set_version(wrong);
        CHECK_FALSE(write(Format::json, versioned));
    }
}

TEST_CASE("the resolved form shows what was read, under whichever rule") {
    const auto pack = pack_of({{"a@b/c", "Wh", "100000000", 1}});
    CHECK(write_resolved(Format::json, pack).value() ==
          R"([{"n":"a@b/c","u":"Wh","t":100000000,"v":1}])");
}

TEST_CASE("converting keeps base fields, relative times and order") {
    constexpr std::string_view json =
        R"([{"bn":"a/","bt":-5,"bu":"W","bver":10,"bv":1,"bs":2,"n":"x","t":1.5,"v":3,"s":4,"ut":5},{"bn":"z"},{"n":"b","vs":"<\u00e9>"},{"n":"c","vb":true},{"n":"d","vd":"-_8"}])";
    constexpr std::string_view xml =
        "<sensml xmlns=\"urn:ietf:params:xml:ns:senml\">"
        "<senml bn=\"a/\" bt=\"-5\" bu=\"W\" bver=\"10\" bv=\"1\" bs=\"2\" n=\"x\" t=\"1.5\" "
        "v=\"3\" s=\"4\" ut=\"5\"/>"
        "<senml bn=\"z\"/><senml n=\"b\" vs=\"&lt;é&gt;\"/><senml n=\"c\" vb=\"true\"/><senml "
        "n=\"d\" vd=\"-_8\"/></sensml>";
    const auto to_xml = convert(Format::json, Format::xml, json, {.now = noon});
    REQUIRE(to_xml);
    CHECK(*to_xml == xml);
    const auto back = convert(Format::xml, Format::json, xml, {.now = noon});
    REQUIRE(back);
    CHECK(good_json(*back) == good_json(json));
    CHECK(good_xml(*to_xml) == good_json(json));
}

TEST_CASE("converting refuses what reading refuses") {
    CHECK_FALSE(convert(Format::json, Format::xml, R"([{"n":"a"}])", {.now = noon}));
    CHECK_FALSE(convert(Format::json, Format::xml, "[]", {.now = noon}));
    CHECK_FALSE(
        convert(Format::xml, Format::json, sensml("<senml n='a' v='null'/>"), {.now = noon}));
}

TEST_CASE("only json and xml are formats") {
    CHECK(format_from("json") == Format::json);
    CHECK(format_from("xml") == Format::xml);
    CHECK_FALSE(format_from("JSON"));
    CHECK_FALSE(format_from(""));
}

TEST_CASE("a fault names record and rule, where there are any") {
    CHECK(Fault{3, "bver differs", "RFC 8428 4.4"}.to_string() ==
          "record 3: bver differs (RFC 8428 4.4)");
    CHECK(Fault{0, "nothing there", ""}.to_string() == "pack: nothing there");
}
