// One value's way between Zabbix's texts and SenML's records.
//
// Out of Zabbix: float and unsigned items give numbers (in the primary unit), character, log and
// text items give strings. An unsigned value beyond 2^53 is rounded to the nearest double, since
// SenML's numbers are doubles.
//
// Into Zabbix: the text that the item's type takes without loss, or the reason why there is none.
// Zabbix drops what does not fit after it has said "processed", so the answer must be known before
// anything is sent.
//
// Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "adapters/zabbix/items.hpp"
#include "adapters/zabbix/paging.hpp"
#include "adapters/zabbix/units.hpp"
#include "senml/pack.hpp"

namespace courant::zabbix {

/// Why a value cannot go on, for a person.
using Reason = std::string;

/// How a series stands in a pack.
struct SeriesIds {
    senml::NameId name{};
    senml::UnitId unit = senml::no_unit;
};

/// Appends a value of an item of that type to the pack. `rule` is the unit of the item's numbers.
tl::expected<void, Reason> append_point(senml::Pack& pack, const SeriesIds& ids, ValueType type,
                                        const std::optional<UnitRule>& rule, const Point& point);

/// What is known of the item that a value goes to.
struct Destination {
    /// The unit of the item's numbers; without one they go as they are.
    std::optional<UnitRule> unit;
    /// The item's type; without one the value goes as it is.
    std::optional<ValueType> type;
};

/// A record's value as the text for an item.
tl::expected<std::string, Reason> value_text(const senml::Pack& pack, const senml::Record& record,
                                             const Destination& destination);

/// A record's time as Zabbix's clock and nanoseconds; nothing where Zabbix has no such time.
std::optional<Stamp> stamp_of(senml::Time time);

/// Zabbix's stamp as a time.
senml::Time time_of(const Stamp& stamp);

}  // namespace courant::zabbix
