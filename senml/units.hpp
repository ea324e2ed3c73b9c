// Units of measure: the SenML registry as of RFC 8428, 8798 and the later rows we know, compiled in
// (RFC 8798 section 4 asks that devices do not fetch it). A unit that is not in the table is
// unregistered, never an error: the registry grows.
//
//     if (auto s = secondary_unit("kWh")) joules = to_primary(*s, 1.5);     // 5 400 000 J
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace courant::senml {

/// A unit that is a multiple of a primary one (RFC 8798 section 3): primary = value * numerator /
/// denominator + offset.
struct SecondaryUnit {
    std::string_view symbol;
    std::string_view primary;
    std::int64_t numerator = 1;
    std::int64_t denominator = 1;
    std::int64_t offset = 0;
};

/// Where a unit stands in the registry.
enum class UnitStatus { primary, not_recommended, secondary, unregistered };

/// Looks a unit up, case-sensitively.
UnitStatus unit_status(std::string_view unit);

/// The secondary unit of that symbol, if it is one.
std::optional<SecondaryUnit> secondary_unit(std::string_view unit);

/// The value in the primary unit, within 1 ulp of the exact rational: multiplied first, then
/// divided.
double to_primary(const SecondaryUnit& unit, double value);

}  // namespace courant::senml
