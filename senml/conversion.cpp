#include "senml/conversion.hpp"

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "senml/units.hpp"
#include "senml/version.hpp"

namespace courant::senml {

namespace {

using Conversions = std::vector<std::optional<SecondaryUnit>>;  // by UnitId

Conversions conversions_for(const Pack& pack) {
    Conversions conversions(pack.unit_count() + 1);
    for (std::size_t i = 1; i < conversions.size(); ++i) {
        conversions[i] = secondary_unit(pack.unit(UnitId{static_cast<std::uint16_t>(i)}));
    }
    return conversions;
}

std::uint64_t without_secondary_units(std::uint64_t version) {
    return version < default_version ? version : version & ~feature(secondary_units);
}

Fault fault_at(std::size_t index, std::string what) {
    return {.record = index + 1, .what = std::move(what), .rule = "RFC 8798 3"};
}

// Appends record `index` of `from`, whose unit is `unit`, to `into`.
tl::expected<void, Fault> add_converted(const Pack& from, std::size_t index,
                                        const SecondaryUnit& unit, Pack& into) {
    const Record& record = from[index];
    const auto too_large = [&](std::string_view what) {
        return tl::unexpected(
            fault_at(index, std::string{what} + " is too large in " + std::string{unit.primary}));
    };
    const NameId name = into.intern_name(from.name(record.name));
    const UnitId primary = into.intern_unit(unit.primary);
    if (record.kind == Kind::number) {
        const double value = to_primary(unit, record.number);
        if (std::isinf(value) && !std::isinf(record.number)) return too_large("the value");
        into.add(name, primary, record.time, value);
    } else {
        into.add_valueless(name, primary, record.time);
    }
    if (!record.has_extra) return {};
    Extra extra = from.extra(index);
    if (extra.sum) {
        if (unit.offset != 0) {
            return tl::unexpected(fault_at(index, "a sum in " + std::string{unit.symbol} +
                                                      " cannot be converted, for the unit has an "
                                                      "offset"));
        }
        const double sum = to_primary(unit, *extra.sum);
        if (std::isinf(sum) && !std::isinf(*extra.sum)) return too_large("the sum");
        extra.sum = sum;
    }
    into.set_extra(std::move(extra));
    return {};
}

}  // namespace

tl::expected<Pack, Fault> in_primary_units(const Pack& pack) {
    const Conversions conversions = conversions_for(pack);
    Pack converted;
    converted.reserve(pack.size());
    bool secondary_left = false;
    for (std::size_t i = 0; i < pack.size(); ++i) {
        const Record& record = pack[i];
        const auto& unit = conversions[static_cast<std::size_t>(record.unit)];
        const bool has_numbers = record.kind == Kind::number || record.kind == Kind::none;
        if (unit && has_numbers) {
            if (auto added = add_converted(pack, i, *unit, converted); !added) {
                return tl::unexpected(std::move(added.error()));
            }
        } else {
            secondary_left = secondary_left || unit.has_value();
            converted.add_from(pack, i);
        }
    }
    const std::uint64_t version = pack.version();
    converted.set_version(secondary_left ? version : without_secondary_units(version));
    return converted;
}

}  // namespace courant::senml
