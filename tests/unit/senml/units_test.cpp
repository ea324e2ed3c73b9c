// Conformance points G: units.
#include "senml/units.hpp"

#include <array>
#include <cmath>

#include "packs.hpp"

using namespace courant::senml;
using namespace courant::senml::test;

namespace {

std::vector<Fault> deviations_of(std::string_view json) {
    std::vector<Fault> deviations;
    CHECK(read(Format::json, json, {.now = noon}, &deviations));
    return deviations;
}

double converted(std::string_view unit, double value) {
    const auto known = secondary_unit(unit);
    REQUIRE(known);
    return to_primary(*known, value);
}

}  // namespace

TEST_CASE("55 the registered units are known, in their own case") {
    for (const auto* unit :
         {"m", "kg", "W",    "J",   "V",  "A",  "Cel", "lat",   "lon", "%RH", "%EL",
          "/", "VA", "vars", "NTU", "dB", "pH", "B",   "bit/s", "S/m", "J/m", "dBW"}) {
        CAPTURE(unit);
        CHECK(unit_status(unit) == UnitStatus::primary);
    }
    for (const auto* unit : {"w", "CEL", "", "degC", "kilowatt", "W "}) {
        CAPTURE(unit);
        CHECK(unit_status(unit) == UnitStatus::unregistered);
    }
}

TEST_CASE("56 the nine units that producers should leave are understood") {
    for (const auto* unit : {"g", "l", "l/s", "Bspl", "%", "1/min", "beat/min", "beats", "deg"}) {
        CAPTURE(unit);
        CHECK(unit_status(unit) == UnitStatus::not_recommended);
        CHECK(deviations_of(R"([{"n":"a","v":1,"u":")" + std::string{unit} + R"("}])").empty());
    }
}

TEST_CASE("57 no unit is fine; an unregistered one is accepted, also strictly, and reported") {
    CHECK(deviations_of(R"([{"n":"a","v":1}])").empty());
    const auto deviations =
        deviations_of(R"([{"n":"a","v":1,"u":"furlong"},{"n":"a","v":1,"u":"furlong"}])");
    REQUIRE(deviations.size() == 1);
    CHECK(deviations[0].to_string() == "record 1: unregistered unit 'furlong' (RFC 8428 12.1)");
    CHECK(
        json_fault(R"([{"n":"a","v":1,"u":"furlong"}])", {.now = noon, .profile = Profile::strict})
            .empty());
}

TEST_CASE("58, 59 secondary units have a scale and an offset, applied exactly") {
    CHECK(unit_status("kWh") == UnitStatus::secondary);
    CHECK(secondary_unit("kWh")->primary == "J");
    CHECK_FALSE(secondary_unit("J"));
    CHECK(converted("ms", 100) == 0.1);
    CHECK(converted("dBm", 10) == -20);
    CHECK(converted("kWh", 1.5) == 5'400'000);
    CHECK(converted("km/h", 36) == 10);
    CHECK(converted("km/h", 100) == 27.77777777777778);
    CHECK(converted("mm/h", 3.6e6) == 1);
    CHECK(converted("Wh/km", 5) == 18);
    CHECK(converted("/100", 50) == 0.5);
}

TEST_CASE("60 % is a ratio and percent is /100") {
    CHECK_FALSE(secondary_unit("%"));
    CHECK(secondary_unit("/100")->primary == "/");
}

TEST_CASE(
    "61 a secondary unit in a pack of version 10 is reported, and an error in the strict profile") {
    constexpr std::string_view old = R"([{"n":"a","v":1,"u":"Wh"},{"n":"a","v":2,"u":"Wh"}])";
    const auto deviations = deviations_of(old);
    REQUIRE(deviations.size() == 1);
    CHECK(deviations[0].to_string() ==
          "record 1: secondary unit 'Wh' without bver 26 (RFC 8798 3)");
    ReadOptions strict{.now = noon, .profile = Profile::strict};
    CHECK(json_fault(old, strict) == deviations[0].to_string());
    CHECK(json_fault(R"([{"bver":26,"n":"a","v":1,"u":"Wh"}])", strict).empty());
    CHECK_FALSE(json_fault(R"([{"bn":"a","bu":"kWh","v":1}])", strict).empty());
}

TEST_CASE("62 who writes a secondary unit writes bver 26") {
    Pack pack;
    pack.add(pack.intern_name("a"), pack.intern_unit("kWh"), noon, 1.5);
    CHECK(write(Format::json, pack).value() ==
          R"([{"bver":26,"n":"a","u":"kWh","t":1600000000,"v":1.5}])");
    pack.set_version(42);
    CHECK(write(Format::json, pack).value().find("\"bver\":58,") != std::string::npos);
    Pack primary;
    primary.add(primary.intern_name("a"), primary.intern_unit("J"), noon, 1.5);
    primary.intern_unit("kWh");  // held, not used
    CHECK(write(Format::json, primary).value().find("bver") == std::string::npos);
}

TEST_CASE("63 units need no registry at run time") {
    static_assert(std::is_trivially_destructible_v<SecondaryUnit>);
    CHECK(unit_status("W") == UnitStatus::primary);
}
