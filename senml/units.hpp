// Units of measure: the SenML registry as of RFC 8428, 8798 and the later rows we know, compiled in
// (RFC 8798 section 4 asks that devices do not fetch it). A unit that is not in the table is
// unregistered, never an error: the registry grows.
//
//     if (auto s = secondary_unit("kWh")) joules = to_primary(*s, 1.5);     // 5 400 000 J
//
// Conversions are exact: what comes out is the double nearest to the true result, as if calculated
// with all its digits and rounded at the end. `senml/conversion.hpp` converts a whole pack.
//
// Thread: any; nothing here has a state.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace courant::senml {

/// A unit that is a multiple of a primary one (RFC 8798 section 3): primary = value * numerator /
/// denominator + offset.
struct SecondaryUnit {
    /// The unit itself: "km/h".
    std::string_view symbol;
    /// The unit that it is a multiple of: "m/s".
    std::string_view primary;
    /// The scale, which RFC 8798 has in places as "1/3.6", as a fraction of integers above zero: 5
    /// …
    std::int64_t numerator = 1;
    /// … / 18.
    std::int64_t denominator = 1;
    /// Added after scaling, in the primary unit: -30 from dBm to dBW, 0 for all others.
    std::int64_t offset = 0;
};

/// Where a unit stands in the registry.
enum class UnitStatus {
    /// One to write.
    primary,
    /// A primary unit that RFC 8428 asks producers to leave: "g", "%".
    not_recommended,
    /// A multiple of a primary unit, for packs of version 26: "kWh".
    secondary,
    /// Not in our table.
    unregistered,
};

/// Looks a unit up, case-sensitively.
UnitStatus unit_status(std::string_view unit);

/// The secondary unit of that symbol, if it is one.
std::optional<SecondaryUnit> secondary_unit(std::string_view unit);

/// The value in the primary unit: the double nearest to the exact result, half to even; infinite
/// where that is too large. True for every unit of the registry, and for any other one whose scale
/// is an integer or the inverse of one, or has two terms below 2048, or that has an offset alone;
/// beyond that each step rounds.
double to_primary(const SecondaryUnit& unit, double value);

/// The way back, as exact: the value in `unit` of what `value` says in its primary unit. Both ways
/// round, so that going there and back may end a neighbour off.
double from_primary(const SecondaryUnit& unit, double value);

}  // namespace courant::senml
