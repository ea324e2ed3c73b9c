#include "senml/units.hpp"

#include <algorithm>

#include "senml/detail/units_table.hpp"

namespace courant::senml {

std::optional<SecondaryUnit> secondary_unit(std::string_view unit) {
    const auto& table = detail::secondary_units;
    const auto* found = std::ranges::find(table, unit, &SecondaryUnit::symbol);
    if (found == table.end()) return std::nullopt;
    return *found;
}

UnitStatus unit_status(std::string_view unit) {
    const auto in = [unit](const auto& table) {
        return std::ranges::find(table, unit) != table.end();
    };
    if (in(detail::primary_units)) return UnitStatus::primary;
    if (in(detail::not_recommended_units)) return UnitStatus::not_recommended;
    return secondary_unit(unit) ? UnitStatus::secondary : UnitStatus::unregistered;
}

double to_primary(const SecondaryUnit& unit, double value) {
    const double scaled =
        value * static_cast<double>(unit.numerator) / static_cast<double>(unit.denominator);
    return scaled + static_cast<double>(unit.offset);
}

}  // namespace courant::senml
