// A pack in primary units, for who stores or compares readings and wants one unit for one quantity.
//
//     auto pack = read(Format::json, bytes, {.now = now});     // 1.5 kWh, bver 26
//     auto joules = in_primary_units(*pack);                   // 5 400 000 J, bver 10
//
// RFC 8798 section 3 allows secondary units in packs of version 26 only; the other way for a sender
// is to convert them, and this is it. A single value: `senml/units.hpp`.
#pragma once

#include <tl/expected.hpp>

#include "senml/fault.hpp"
#include "senml/pack.hpp"

namespace courant::senml {

/// The same readings, those in a secondary unit converted: the value, the sum and the unit, exactly
/// as `to_primary` does. Texts, booleans and data stay in the unit that they came in: there is
/// nothing in them to convert.
///
/// The version loses feature 4 of RFC 9100, secondary units, unless such a record still needs it:
/// 26 becomes 10.
///
/// A fault is a sum in a unit with an offset (dBm: the offset would have to be integrated over a
/// time that nobody knows), and a value that is too large for a double once it is converted.
///
/// Thread: any. Costs a copy of the pack.
tl::expected<Pack, Fault> in_primary_units(const Pack& pack);

}  // namespace courant::senml
