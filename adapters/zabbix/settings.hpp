// What the source and the sink read from the settings alike.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "adapters/zabbix/api.hpp"
#include "adapters/zabbix/items.hpp"
#include "adapters/zabbix/units.hpp"
#include "proxy-core/adapter.hpp"

namespace courant::zabbix {

/// The API at `url`, with `token` or `user` and `password`; a ConfigError where these are missing
/// or both given.
Api make_api(const Settings& settings);

/// The item that a table names: `host` and `key`, or `itemid`; a ConfigError where it is neither or
/// both.
ItemRef item_ref(const Settings& table);

/// The `unit` of a table, if it has one; a ConfigError where it is no unit.
std::optional<UnitRule> configured_unit(const Settings& table);

/// A whole number from 1 to `most`; a ConfigError where it is not.
std::size_t bounded(const Settings& settings, std::string_view property, std::size_t most);

}  // namespace courant::zabbix
