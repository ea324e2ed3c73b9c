#include "adapters/zabbix/units.hpp"

#include <doctest/doctest.h>

#include "senml/number.hpp"

using namespace courant::zabbix;

namespace {

/// "value unit" as Zabbix shows it, in the primary unit.
double primary(const char* text, const char* units) {
    return to_primary(*unit_rule(units), text).value();
}

}  // namespace

TEST_CASE("Zabbix's units become SenML's primary units by the exact factor") {
    CHECK(unit_rule("W")->primary == "W");
    CHECK(unit_rule("!W")->primary == "W");
    CHECK(unit_rule("V")->primary == "V");
    CHECK(unit_rule("A")->primary == "A");
    CHECK(unit_rule("VA")->primary == "VA");
    CHECK(unit_rule("°C")->primary == "Cel");
    CHECK(unit_rule("C")->primary == "Cel");
    CHECK(unit_rule("Wh")->primary == "J");
    CHECK(primary("0.392", "kW") == 392.0);
    CHECK(primary("1", "Wh") == 3600.0);
    CHECK(primary("1.5", "kWh") == 5'400'000.0);
    CHECK(primary("12.7", "%") == 0.127);
    CHECK(primary("21.35", "°C") == 21.35);
    CHECK(primary("1013.25", "mbar") == 101325.0);
    CHECK(primary("3.3", "MW") == 3'300'000.0);
}

TEST_CASE("a unit that nobody knows is no unit, and an ambiguous one neither") {
    CHECK_FALSE(unit_rule("requests"));
    CHECK_FALSE(unit_rule(""));
    CHECK_FALSE(unit_rule("F"));
}

TEST_CASE("the configuration's C is SenML's coulomb") {
    CHECK(senml_unit_rule("C")->primary == "C");
    CHECK(senml_unit_rule("%RH")->primary == "%RH");
}

TEST_CASE("a value goes back into the item's unit") {
    CHECK(from_primary(*unit_rule("W"), 0.1) == 0.1);
    CHECK(from_primary(*unit_rule("kW"), 392.0) == 0.392);
    CHECK(from_primary(*unit_rule("Wh"), 3600.0) == 1.0);
    CHECK(from_primary(*unit_rule("kWh"), 5'400'000.0) == 1.5);
    CHECK(from_primary(*unit_rule("%"), 0.127) == 12.7);
}

TEST_CASE("what is no number has no value") {
    CHECK_FALSE(to_primary(*unit_rule("W"), "abc"));
    CHECK_FALSE(to_primary(*unit_rule("Wh"), ""));
}
