// From the units of Zabbix's items to SenML's primary units, and back.
//
// Zabbix's `units` is free text by which its front end formats numbers; SenML's is a registry. What
// is known in either spelling is converted by its exact factor; a power of ten moves the decimal
// point before the number becomes a double, so that 0.392 kW is 392 W and not 392.00000000000006.
// What is unknown ("requests") has no unit.
//
// "C" is a degree Celsius here, as Zabbix's templates use it, not SenML's coulomb; "F" is left
// alone, because it may be a degree Fahrenheit or a farad.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace courant::zabbix {

/// A unit as a multiple of a primary one: primary = value * numerator / denominator + offset.
struct UnitRule {
    std::string primary;
    std::int64_t numerator = 1;
    std::int64_t denominator = 1;
    std::int64_t offset = 0;

    bool operator==(const UnitRule&) const = default;
};

/// The rule for a unit in Zabbix's or SenML's spelling; nothing if it is unknown. Zabbix's leading
/// `!` ("never scale") is skipped.
std::optional<UnitRule> unit_rule(std::string_view units);

/// The same where the unit is SenML's spelling first, as the configuration writes it: "C" is the
/// coulomb.
std::optional<UnitRule> senml_unit_rule(std::string_view unit);

/// Decimal text in the unit of `rule` as a double in the primary unit; nothing if it is no number.
std::optional<double> to_primary(const UnitRule& rule, std::string_view text);

/// A value in the primary unit as a value in the unit of `rule`.
double from_primary(const UnitRule& rule, double value);

}  // namespace courant::zabbix
