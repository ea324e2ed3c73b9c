#include "senml/units.hpp"

#include <algorithm>
#include <array>

#include "senml/detail/scale.hpp"
#include "senml/detail/units_table.hpp"

namespace courant::senml {

// What makes every conversion of the registry exact: an offset stands alone, a scale is one that we
// can apply in one rounding.
static_assert(std::ranges::all_of(detail::secondary_units, [](const SecondaryUnit& unit) {
    if (unit.offset != 0) return unit.numerator == 1 && unit.denominator == 1;
    return detail::scales_exactly(unit.numerator, unit.denominator);
}));

namespace {

// The primary units by their first letter, which leaves a handful to compare: every pack that goes
// or comes asks for one of them.
class PrimaryUnits {
  public:
    constexpr PrimaryUnits() : units_(detail::primary_units) {
        std::ranges::sort(units_);
        for (std::size_t letter = 0; letter < first_.size(); ++letter) {
            const auto begins_before = [letter](std::string_view unit) {
                return static_cast<unsigned char>(unit[0]) < letter;
            };
            first_[letter] =
                static_cast<std::uint8_t>(std::ranges::count_if(units_, begins_before));
        }
    }
    bool contains(std::string_view unit) const {
        const std::size_t letter = unit.empty() ? 0 : static_cast<unsigned char>(unit[0]);
        for (std::size_t i = first_[letter]; i < first_[letter + 1]; ++i) {
            if (units_[i] == unit) return true;
        }
        return false;
    }

  private:
    std::array<std::string_view, detail::primary_units.size()> units_;
    std::array<std::uint8_t, 257> first_{};
};
constexpr PrimaryUnits primary_units;

}  // namespace

std::optional<SecondaryUnit> secondary_unit(std::string_view unit) {
    const auto& table = detail::secondary_units;
    const auto* found = std::ranges::find(table, unit, &SecondaryUnit::symbol);
    if (found == table.end()) return std::nullopt;
    return *found;
}

UnitStatus unit_status(std::string_view unit) {
    if (primary_units.contains(unit)) return UnitStatus::primary;
    if (std::ranges::find(detail::not_recommended_units, unit) !=
        detail::not_recommended_units.end()) {
        return UnitStatus::not_recommended;
    }
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
