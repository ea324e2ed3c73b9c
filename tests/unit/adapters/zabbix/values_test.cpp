// What may go into which item, and what becomes of it on the way out.
#include "adapters/zabbix/values.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace courant;
using namespace courant::zabbix;

namespace {

const senml::Time noon = senml::from_unix_seconds(1795150244) + senml::Span{123456789};

/// A pack with one number.
struct OneNumber {
    senml::Pack pack;
    OneNumber(double value, const char* unit = nullptr) {
        pack.add(pack.intern_name("a:b/c:d/e"), unit ? pack.intern_unit(unit) : senml::no_unit,
                 noon, value);
    }
    auto into(const Destination& destination) const {
        return value_text(pack, pack[0], destination);
    }
};

auto text_into(std::string_view text, std::optional<ValueType> type) {
    senml::Pack pack;
    pack.add_text(pack.intern_name("a:b/c:d/e"), senml::no_unit, noon, text);
    return value_text(pack, pack[0], {.unit = std::nullopt, .type = type});
}

senml::Pack out_of(ValueType type, std::string value, const char* units = "") {
    senml::Pack pack;
    const auto rule = unit_rule(units);
    const SeriesIds ids{.name = pack.intern_name("a:b/c:d/e"),
                        .unit = rule ? pack.intern_unit(rule->primary) : senml::no_unit};
    const auto added =
        append_point(pack, ids, type, rule, {{1795150244, 123456789}, std::move(value)});
    CHECK(added.has_value() == (pack.size() == 1));
    return pack;
}

}  // namespace

TEST_CASE("an unsigned item takes whole numbers only, written as such") {
    const Destination item{.unit = std::nullopt, .type = ValueType::integer};
    CHECK(OneNumber(42).into(item) == "42");
    CHECK(OneNumber(-0.0).into(item) == "0");
    CHECK(OneNumber(1e19).into(item) == "10000000000000000000");
    CHECK_FALSE(OneNumber(12.7).into(item));
    CHECK_FALSE(OneNumber(-1).into(item));
    CHECK_FALSE(OneNumber(18446744073709551616.0).into(item));
    CHECK(OneNumber(12.7).into(item).error().find("12.7 does not fit an unsigned item") == 0);
}

TEST_CASE("a float goes in the fewest digits that read back the same") {
    CHECK(OneNumber(0.1).into({}) == "0.1");
    CHECK(OneNumber(345.5).into({.unit = {}, .type = ValueType::real}) == "345.5");
    CHECK_FALSE(OneNumber(std::numeric_limits<double>::infinity()).into({}));
    CHECK_FALSE(OneNumber(std::numeric_limits<double>::max()).into({}));
    CHECK_FALSE(OneNumber(std::nan("")).into({}));
}

TEST_CASE("a reading in one unit does not go into an item of another") {
    const Destination watts{.unit = unit_rule("W"), .type = ValueType::real};
    CHECK(OneNumber(5, "W").into(watts) == "5");
    CHECK(OneNumber(5).into(watts) == "5");
    CHECK_FALSE(OneNumber(5, "VA").into(watts));
    CHECK(OneNumber(3'600'000, "J").into({.unit = unit_rule("kWh"), .type = {}}) == "1");
    CHECK(OneNumber(55.5, "%RH").into({.unit = unit_rule("%"), .type = {}}) == "55.5");
}

TEST_CASE("texts go into text items, as long as these hold them") {
    CHECK(text_into("marche", ValueType::text) == "marche");
    CHECK(text_into("12.7", std::nullopt) == "12.7");
    CHECK_FALSE(text_into("12.7", ValueType::real));
    CHECK_FALSE(text_into("abc", ValueType::integer));
    std::string accents;
    for (int i = 0; i < 255; ++i) accents += "é";
    CHECK(text_into(accents, ValueType::chars).has_value());
    CHECK_FALSE(text_into(accents + "é", ValueType::chars));
    CHECK_FALSE(text_into(std::string(65'536, 'x'), ValueType::text));
    CHECK_FALSE(text_into(std::string("a\0b", 3), ValueType::text));
}

TEST_CASE("what Zabbix has no item for is rejected") {
    senml::Pack pack;
    const auto name = pack.intern_name("a:b/c:d/e");
    pack.add_boolean(name, senml::no_unit, noon, true);
    pack.add_data(name, senml::no_unit, noon, {});
    pack.add_valueless(name, senml::no_unit, noon);
    CHECK(value_text(pack, pack[0], {}) == "1");
    CHECK_FALSE(value_text(pack, pack[1], {}));
    CHECK_FALSE(value_text(pack, pack[2], {}));
}

TEST_CASE("numbers come out as numbers in primary units, texts as texts, to the nanosecond") {
    const auto power = out_of(ValueType::real, "0.392", "kW");
    CHECK(power[0].kind == senml::Kind::number);
    CHECK(power[0].number == 392.0);
    CHECK(power.unit(power[0].unit) == "W");
    CHECK(power[0].time == noon);
    CHECK(out_of(ValueType::integer, "18446744073709551615")[0].number == 18446744073709551616.0);
    const auto log = out_of(ValueType::log, "porte\touverte\n");
    CHECK(log[0].kind == senml::Kind::text);
    CHECK(log.text(log[0]) == "porte\touverte\n");
}

TEST_CASE("what a pack cannot carry is refused with the reason") {
    CHECK(out_of(ValueType::real, "abc").empty());
    CHECK(out_of(ValueType::text, "esc \x1b[0m").empty());
}

TEST_CASE("Zabbix holds the times of its 32 bits") {
    CHECK(stamp_of(noon) == Stamp{1795150244, 123456789});
    CHECK(time_of({1795150244, 123456789}) == noon);
    CHECK(stamp_of(senml::from_unix_seconds(2'147'483'647)).has_value());
    CHECK_FALSE(stamp_of(senml::from_unix_seconds(2'147'483'648)));
    CHECK_FALSE(stamp_of(senml::from_unix_seconds(-1)));
}
