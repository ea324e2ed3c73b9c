// Conformance points 58 to 62: packs in primary units.
#include "senml/conversion.hpp"

#include <array>

#include "packs.hpp"

using namespace courant::senml;
using namespace courant::senml::test;

namespace {

Pack one(std::string_view unit, double value) {
    Pack pack;
    pack.add(pack.intern_name("a"), pack.intern_unit(unit), noon, value);
    return pack;
}

Pack in_primary(std::string_view json) {
    return in_primary_units(good_json(json)).value();
}

std::string conversion_fault(const Pack& pack) {
    const auto converted = in_primary_units(pack);
    return converted ? std::string{} : converted.error().to_string();
}

}  // namespace

TEST_CASE("58 a pack is converted to primary units, and nothing else in it changes") {
    const Pack pack = in_primary(
        R"([{"bver":26,"n":"a","u":"kWh","t":-1,"v":1.5,"ut":60},{"n":"b","u":"V","v":230},)"
        R"({"n":"c","v":7},{"n":"d","u":"km/h","v":100},{"n":"e","vs":"on"}])");
    const Pack expected = good_json(
        R"([{"n":"a","u":"J","t":-1,"v":5400000,"ut":60},{"n":"b","u":"V","v":230},)"
        R"({"n":"c","v":7},{"n":"d","u":"m/s","v":27.77777777777778},{"n":"e","vs":"on"}])");
    CHECK(pack == expected);
}

TEST_CASE("58 sums are in unit x seconds, so they take the unit's scale") {
    const Pack pack =
        in_primary(R"([{"bver":26,"n":"a","u":"kW","s":3600},{"n":"b","u":"km/h","v":36,"s":18}])");
    CHECK(pack[0].kind == Kind::none);
    CHECK(unit_at(pack, 0) == "W");
    CHECK(pack.extra(0).sum == 3'600'000);
    CHECK(number_at(pack, 1) == 10);
    CHECK(pack.extra(1).sum == 5);
}

TEST_CASE("59 a sum in a unit with an offset is a fault, the value alone is none") {
    CHECK(number_at(in_primary(R"([{"bver":26,"n":"a","u":"dBm","v":10}])"), 0) == -20);
    const auto fault = conversion_fault(
        good_json(R"([{"bver":26,"n":"a","v":1},{"n":"a","u":"dBm","v":10,"s":600}])"));
    CHECK(fault ==
          "record 2: a sum in dBm cannot be converted, for the unit has an offset (RFC 8798 3)");
}

TEST_CASE("59 what no double can hold once it is converted is a fault") {
    CHECK(conversion_fault(one("kWh", 1e305)) ==
          "record 1: the value is too large in J (RFC 8798 3)");
    Pack pack = one("kWh", 1);
    pack.set_extra({.sum = 1e305});
    CHECK(conversion_fault(pack) == "record 1: the sum is too large in J (RFC 8798 3)");
}

TEST_CASE("60 percent, which is /100, becomes a ratio; % is one already") {
    CHECK(in_primary_units(one("/100", 50)).value() == one("/", 0.5));
    CHECK(in_primary_units(one("%", 0.5)).value() == one("%", 0.5));
}

TEST_CASE("62 who converts needs no bver 26, and keeps other features") {
    Pack pack = one("kWh", 1);
    for (const auto& [before, after] : {std::array{26, 10}, {10, 10}, {58, 42}, {42, 42}, {5, 5}}) {
        pack.set_version(static_cast<std::uint64_t>(before));
        CHECK(in_primary_units(pack)->version() == static_cast<std::uint64_t>(after));
    }
    CHECK(write(Format::json, *in_primary_units(pack))->find("bver\":26") == std::string::npos);
}

TEST_CASE("62 a text in a secondary unit stays in it, and so does bver 26") {
    const Pack pack =
        good_json(R"([{"bver":26,"n":"a","u":"kWh","vs":"1.5"},{"n":"a","u":"kWh","v":1},)"
                  R"({"n":"a","u":"ms","vb":true},{"n":"a","u":"ms","vd":"AA"}])");
    const Pack converted = in_primary_units(pack).value();
    CHECK(converted.version() == 26);
    CHECK(unit_at(converted, 0) == "kWh");
    CHECK(text_at(converted, 0) == "1.5");
    CHECK(unit_at(converted, 1) == "J");
    CHECK(unit_at(converted, 2) == "ms");
    CHECK(unit_at(converted, 3) == "ms");
    CHECK(in_primary_units(converted).value() == converted);
}

TEST_CASE("62 unknown fields and update times are kept with their readings") {
    Pack pack = one("kWh", 1);
    pack.set_extra({.sum = 2.0, .update_time = 60.0, .unknown = {{"x", "[1]"}}});
    const Pack converted = in_primary_units(pack).value();
    CHECK(converted.extra(0) ==
          Extra{.sum = 7'200'000.0, .update_time = 60.0, .unknown = {{"x", "[1]"}}});
}

TEST_CASE("62 a pack without readings is one in primary units") {
    CHECK(in_primary_units(Pack{}).value() == Pack{});
}
