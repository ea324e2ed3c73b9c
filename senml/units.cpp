#include "senml/units.hpp"

#include <algorithm>

#include "senml/detail/scale.hpp"
#include "senml/detail/units_table.hpp"

namespace courant::senml {

// What makes every conversion of the registry exact: an offset stands alone, a scale is one that we
// can apply in one rounding.
static_assert(std::ranges::all_of(detail::secondary_units, [](const SecondaryUnit& unit) {
    if (unit.offset != 0) return unit.numerator == 1 && unit.denominator == 1;
    return detail::scales_exactly(unit.numerator, unit.denominator);
}));

std::optional<SecondaryUnit> secondary_unit(std::string_view unit) {
    const auto& table = detail::secondary_units;
    const auto* found = std::ranges::find(table, unit, &SecondaryUnit::symbol);
    if (found == table.end()) return std::nullopt;
    return *found;
}

UnitStatus unit_status(std::string_view unit) {
    // The first letter tells most of them apart, without a call.
    const auto same = [unit](std::string_view known) {
        return known.size() == unit.size() && known[0] == unit[0] && known == unit;
    };
    const auto in = [same](const auto& table) { return std::ranges::any_of(table, same); };
    if (in(detail::primary_units)) return UnitStatus::primary;
    if (in(detail::not_recommended_units)) return UnitStatus::not_recommended;
    return secondary_unit(unit) ? UnitStatus::secondary : UnitStatus::unregistered;
}

double to_primary(const SecondaryUnit& unit, double value) {
    const double scaled = detail::scale(value, unit.numerator, unit.denominator);
    return unit.offset == 0 ? scaled : scaled + static_cast<double>(unit.offset);
}

double from_primary(const SecondaryUnit& unit, double value) {
    if (unit.offset != 0) value -= static_cast<double>(unit.offset);
    return detail::scale(value, unit.denominator, unit.numerator);
}

}  // namespace courant::senml
